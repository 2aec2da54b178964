/* Negative results of the exporter's modules. Each prototype lists those it can return. */
#ifndef GT_ERRORS_H
#define GT_ERRORS_H

enum gt_error {
	GT_ENOMEM = -1,	 /* no memory */
	GT_EBAD = -2,	 /* the input is malformed; more input cannot fix it */
	GT_ETOOBIG = -3, /* over a cap */
	GT_EUNSUPPORTED = -4,
	GT_EIO = -5,   /* a system call failed; errno says why */
	GT_EBUSY = -6, /* another process uses it */
};

#endif
