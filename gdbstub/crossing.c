#include "crossing.h"

void crossing_begin(struct crossing *c, enum resume_shape by)
{
    *c = (struct crossing){.phase = CROSSING_HELD, .by = by};
}

static enum crossing_answer tell(struct crossing *c, enum resume_shape shape, bool lost,
                                 bool at_risk)
{
    c->phase = CROSSING_TOLD;
    c->answered = shape;
    c->lost = lost;
    c->at_risk = at_risk;
    return CROSSING_TELL;
}

enum crossing_answer crossing_resume(struct crossing *c, enum resume_shape shape, bool lost,
                                     bool at_risk)
{
    if (c->phase == CROSSING_NONE)
        return CROSSING_RUN;
    if (c->phase == CROSSING_HELD)
        return tell(c, shape, lost, at_risk);
    c->phase = CROSSING_NONE;
    bool only_continued = c->by == RESUME_CONTINUES && !c->lost;
    if (c->shown || (only_continued && !c->at_risk))
        return CROSSING_RUN;
    bool off_a_breakpoint = c->by == RESUME_STEPS_ALONE && c->answered == RESUME_STEPS_ALONE;
    if (!off_a_breakpoint || c->repeated || shape != RESUME_CONTINUES)
        return CROSSING_INSIST;
    c->phase = CROSSING_TOLD;
    c->repeated = true;
    return CROSSING_REPEAT;
}

void crossing_shown(struct crossing *c)
{
    if (c->phase == CROSSING_TOLD)
        c->phase = CROSSING_NONE;
    else
        c->shown = true;
}
