#include "exporter/transfer/proxy.h"

static struct gt_str find(struct gt_str environment, struct gt_str name)
{
	struct gt_str variable;

	while (gt_str_next(&environment, 0, &variable))
		if (gt_str_starts(variable, name) && variable.len > name.len && variable.p[name.len] == '=')
			return gt_str_skip(variable, name.len + 1);
	return GT_STR("");
}

static struct gt_str find_either(struct gt_str environment, struct gt_str name, struct gt_str other)
{
	struct gt_str value = find(environment, name);

	return value.len ? value : find(environment, other);
}

struct gt_proxy gt_proxy_find(struct gt_str environment, bool is_https)
{
	struct gt_proxy proxy;

	/* HTTP_PROXY is ignored on purpose: in a CGI program it is a header of the request */
	proxy.url = is_https ? find_either(environment, GT_STR("https_proxy"), GT_STR("HTTPS_PROXY")) :
			       find(environment, GT_STR("http_proxy"));
	if (!proxy.url.len)
		proxy.url = find_either(environment, GT_STR("all_proxy"), GT_STR("ALL_PROXY"));
	proxy.exceptions = find_either(environment, GT_STR("no_proxy"), GT_STR("NO_PROXY"));
	return proxy;
}
