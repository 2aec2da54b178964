/* Stands in for exporter_thread.c: no thread is made; it is counted how often one was wanted. */
#ifndef GT_FAKE_EXPORTER_THREAD_H
#define GT_FAKE_EXPORTER_THREAD_H

extern _Atomic int gt_fake_wanted;

#endif
