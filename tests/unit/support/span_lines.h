/* Lines of expected spans (span_text.h), and the check of a table of exchanges. For tests of providers. */
#ifndef GT_SPAN_LINES_H
#define GT_SPAN_LINES_H

#include "exchange_case.h"

/* The name of a span and the attributes that every call to a model has. */
#define SPAN_OF(op, provider, model) \
	op " " model "\noperation.name=" op "\nprovider.name=" provider "\nrequest.model=" model "\n"

#define OK			     "http.response.status_code=200\n"
#define INCOMPLETE(why)		     OK "gentap.incomplete=" why "\n"
#define NO_USAGE		     OK "gentap.usage_absent=not_requested\n"
#define ERROR(type, status, message) "error.type=" type "\nhttp.response.status_code=" status "\nerror \"" message "\"\n"

#define CHECK(cases) gt_exchange_case_check_all(cases, GT_ROWS(cases))

#endif
