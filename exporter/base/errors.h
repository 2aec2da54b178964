/* Negative results of the exporter's modules. Each prototype says which it can return. */
#ifndef GT_ERRORS_H
#define GT_ERRORS_H

enum gt_error {
	GT_ENOMEM = -1,	 /* no memory */
	GT_EBAD = -2,	 /* the input cannot be what it should be; it will not get better with more of it */
	GT_ETOOBIG = -3, /* over a cap */
	GT_EUNSUPPORTED = -4,
	GT_EIO = -5, /* the system refused; errno tells */
};

#endif
