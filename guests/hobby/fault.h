/* Exceptions: in a program they end its task, in the kernel everything. */
#ifndef HOBBY_FAULT_H
#define HOBBY_FAULT_H

struct frame;

void page_fault(const struct frame *frame);
void other_fault(const struct frame *frame);

#endif
