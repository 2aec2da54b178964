/*
 * `gentap doctor COMMAND|PID`: what gentap sees of a program, what it cannot see and why, and the cure where there is one.
 *
 * Of a command it looks at the file, or at the interpreter of a script; of a process at what is mapped. It runs nothing.
 */
#ifndef GT_DOCTOR_H
#define GT_DOCTOR_H

/* Prints to standard output. The exit code: 0 when nothing is out of reach, 1 when something is, or when the program cannot
 * be looked at (reported). */
int gt_doctor(const char *what);

#endif
