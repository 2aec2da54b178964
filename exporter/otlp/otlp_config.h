/* Reads the OTEL_EXPORTER_OTLP_ variables. Part of gt_config_read. Exporter thread. */
#ifndef GT_OTLP_CONFIG_H
#define GT_OTLP_CONFIG_H

#include "exporter/base/arena.h"
#include "exporter/base/config_value.h"
#include "exporter/span/batch_view.h"

struct gt_otlp_protocol;

struct gt_header {
	const char *name, *value;
};

/* One OTLP destination of one signal. */
struct gt_otlp_config {
	const struct gt_otlp_protocol *protocol;
	const char *url; /* complete, with path */
	const struct gt_header *headers;
	unsigned n_headers;
	bool is_gzip;
	int64_t timeout_ns;  /* for one export with all its retries; 0: no limit */
	const char *ca_file; /* from the OTEL_ variables, else SSL_CERT_FILE; NULL: the system's bundle */
	const char *client_key, *client_certificate; /* NULL: not set */
};

/* True when the user named an OTLP endpoint, in general or for the signal. */
bool gt_otlp_is_named(const struct gt_config_source *from, enum gt_signal signal);

/* Fills `out`; its strings are in `a`. `*usable` is false when nothing can be sent: the endpoint is set but empty, is
 * not an http or https URL, or is https and a TLS file cannot be read. All but the first give a warning. 0 or
 * GT_ENOMEM. */
int gt_otlp_config_read(struct gt_otlp_config *out, const struct gt_config_source *from, enum gt_signal signal,
			struct gt_arena *a, bool *usable);

#endif
