/* Text on its way from CPUs' threads to a client that may be slow, or gone. */
#include "tests/check.h"

#include "gdbstub/printout.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINE = 8, LINES = 40000, WRITERS = 4, READ_SIZE = 5000 };

/* ---- Elsewhere: a text that grows */

static void note(void *context, const char *text, size_t len)
{
    buffer_append(context, text, len);
}

static void expect_text(struct buffer *text, const char *expected)
{
    buffer_append(text, "", 1);
    CHECK_STR((const char *)buffer_bytes(text), expected);
    buffer_consume(text, text->len);
}

static void open_printout(struct printout *p, struct buffer *elsewhere)
{
    *p = (struct printout){.elsewhere = note, .context = elsewhere};
    CHECK_EQ(printout_init(p), 0);
}

static void write_text(struct printout *p, const char *text)
{
    printout_write(p, text, strlen(text));
}

static bool is_readable(const struct printout *p)
{
    struct pollfd fd = {.fd = p->fd, .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

/* ---- One thread */

static void keeps_text_for_the_client(void)
{
    struct buffer elsewhere = {0};
    struct printout p;
    char buf[16];
    open_printout(&p, &elsewhere);
    write_text(&p, "one\n");
    CHECK(!is_readable(&p));
    expect_text(&elsewhere, "one\n");
    printout_keep(&p);
    write_text(&p, "two\n");
    write_text(&p, "three\n");
    expect_text(&elsewhere, "");
    CHECK(is_readable(&p));
    CHECK_EQ(printout_take(&p, buf, 6), 6);
    CHECK_MEM(buf, "two\nth", 6);
    CHECK(is_readable(&p));
    CHECK_EQ(printout_take(&p, buf, sizeof(buf)), 4);
    CHECK_MEM(buf, "ree\n", 4);
    CHECK(!is_readable(&p));
    CHECK_EQ(printout_take(&p, buf, sizeof(buf)), 0);
    write_text(&p, "four\n");
    printout_release(&p);
    CHECK(!is_readable(&p));
    write_text(&p, "five\n");
    expect_text(&elsewhere, "four\nfive\n");
    printout_free(&p);
    buffer_free(&elsewhere);
}

static void loses_only_what_is_too_much(void)
{
    static char block[4096], much[2 * PRINTOUT_MAX];
    struct printout p;
    open_printout(&p, NULL);
    printout_keep(&p);
    printout_hurry(&p); /* else this thread would wait for itself */
    for (size_t i = 0; i < PRINTOUT_MAX / sizeof(block) + 2; i++)
        printout_write(&p, block, sizeof(block));
    CHECK_EQ(printout_take(&p, much, sizeof(much)), PRINTOUT_MAX);
    CHECK(is_readable(&p));
    const size_t len = printout_take(&p, much, sizeof(much));
    much[len] = 0;
    CHECK_STR(much, "\nstepvm: 8192 bytes that were printed here are lost\n");
    CHECK(!is_readable(&p));
    p.elsewhere = NULL;
    printout_release(&p);
    write_text(&p, "nowhere");
    printout_free(&p);
}

/* ---- Several threads */

struct writer {
    struct printout *p;
    pthread_t thread;
    char letter;
};

/* Lines as "a0000001". */
static void *write_lines(void *context)
{
    struct writer *w = context;
    for (unsigned i = 0; i < LINES; i++) {
        char line[16];
        snprintf(line, sizeof(line), "%c%07u", w->letter, i);
        printout_write(w->p, line, LINE);
    }
    return NULL;
}

static void start_writers(struct writer *writers, struct printout *p)
{
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.p = p, .letter = (char)('a' + i)};
        CHECK(!pthread_create(&writers[i].thread, NULL, write_lines, &writers[i]));
    }
}

static void join_writers(struct writer *writers)
{
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i].thread, NULL);
}

/* Each writer's lines are whole, all there, and in order. */
static void expect_all_lines(const struct buffer *text)
{
    unsigned next[WRITERS] = {0};
    const char *line = (const char *)buffer_bytes(text);
    CHECK_EQ(text->len, (uint64_t)WRITERS * LINES * LINE);
    for (size_t at = 0; at + LINE <= text->len; at += LINE, line += LINE) {
        const unsigned writer = (unsigned)(line[0] - 'a');
        char number[LINE] = {0};
        memcpy(number, line + 1, LINE - 1);
        if (writer >= WRITERS || strtoul(number, NULL, 10) != next[writer]++) {
            check_fail(__FILE__, __LINE__, "line %zu is %.8s", at / LINE, line);
            return;
        }
    }
}

/* Takes what there is until at least LEN bytes have been taken in all; never more than the room. */
static void take_until(struct printout *p, struct buffer *text, size_t len)
{
    char buf[READ_SIZE];
    while (text->len < len) {
        struct pollfd fd = {.fd = p->fd, .events = POLLIN};
        CHECK_EQ(poll(&fd, 1, -1), 1);
        pthread_mutex_lock(&p->lock);
        CHECK(p->text.len <= PRINTOUT_ROOM);
        pthread_mutex_unlock(&p->lock);
        buffer_append(text, buf, printout_take(p, buf, sizeof(buf)));
    }
}

/* Until the next line finds no room: its writer waits, or is about to. */
static void let_it_fill(struct printout *p)
{
    for (bool full = false; !full; usleep(1000)) {
        pthread_mutex_lock(&p->lock);
        full = p->text.len + LINE > PRINTOUT_ROOM;
        pthread_mutex_unlock(&p->lock);
    }
    usleep(10000);
}

static void waits_for_a_slow_client(void)
{
    struct buffer text = {0};
    struct writer writers[WRITERS];
    struct printout p;
    open_printout(&p, NULL);
    printout_keep(&p);
    start_writers(writers, &p);
    take_until(&p, &text, (size_t)WRITERS * LINES * LINE);
    join_writers(writers);
    expect_all_lines(&text);
    printout_free(&p);
    buffer_free(&text);
}

/* The client has read some, and goes: the rest is elsewhere, and nobody waits any more. */
static void waits_no_more_for_one_that_has_gone(void)
{
    struct buffer text = {0};
    struct writer writers[WRITERS];
    struct printout p;
    open_printout(&p, &text);
    printout_keep(&p);
    start_writers(writers, &p);
    struct buffer heard = {0};
    take_until(&p, &heard, 2 * PRINTOUT_ROOM);
    buffer_append(&text, buffer_bytes(&heard), heard.len);
    let_it_fill(&p);
    printout_release(&p);
    join_writers(writers);
    expect_all_lines(&text);
    printout_free(&p);
    buffer_free(&text);
    buffer_free(&heard);
}

/* A stop is wanted: the writers come to their end, and what they have to say is still there. */
static void hurries_for_a_stop(void)
{
    static char buf[2 * PRINTOUT_MAX];
    struct writer writer = {.letter = 'a'};
    struct printout p;
    open_printout(&p, NULL);
    printout_keep(&p);
    writer.p = &p;
    CHECK(!pthread_create(&writer.thread, NULL, write_lines, &writer));
    printout_hurry(&p);
    pthread_join(writer.thread, NULL);
    CHECK_EQ(printout_take(&p, buf, sizeof(buf)), LINES * LINE);
    CHECK(!is_readable(&p));
    printout_free(&p);
}

int main(void)
{
    TEST(keeps_text_for_the_client);
    TEST(loses_only_what_is_too_much);
    TEST(waits_for_a_slow_client);
    TEST(waits_no_more_for_one_that_has_gone);
    TEST(hurries_for_a_stop);
    return check_done();
}
