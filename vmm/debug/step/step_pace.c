#include "debug/step/step_pace.h"

void step_pace_count(struct step_pace *pace, bool interrupted, bool enabled)
{
    if (interrupted) {
        pace->owed = STEP_PACE;
        pace->handling = !enabled;
    } else if (enabled) {
        pace->handling = false;
        pace->owed -= pace->owed > 0;
    } else if (pace->handling && pace->owed < STEP_PACE_MAX) {
        pace->owed += STEP_PACE_SHARE;
    }
}

void step_pace_forget(struct step_pace *pace)
{
    *pace = (struct step_pace){0};
}

bool step_pace_holds(const struct step_pace *pace)
{
    return pace->owed;
}
