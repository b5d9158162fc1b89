/* A client of the remote protocol that takes any answer, and none as one. */
#ifndef TESTS_FAULTS_CLIENT_H
#define TESTS_FAULTS_CLIENT_H

#include "run.h"

/* Connects and sends the packets of SCRIPT, which NULL ends, one after the other. "monitor X" is
 * qRcmd; "interrupt" resumes and interrupts; "G*" gives back what g has read; at "bye" the client
 * vanishes, and another comes. Who loses the connection says nothing more until then. At the end
 * the machine is killed, by a packet, or else by SIGTERM. */
void client_talk(struct run *run, const char *const *script);

#endif
