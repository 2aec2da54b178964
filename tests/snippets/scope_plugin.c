/*
 * A plugin of scope_host. OWN: it defines leaf_version itself; else it calls a library's (scope_leaf). TRANSFERS: it
 * also makes a transfer with libcurl.
 *
 * cc: -O1 -shared -fPIC
 */
const char *leaf_version(void);
const char *plugin_leaf(void);

#ifdef OWN
const char *leaf_version(void)
{
	return "the plugin's";
}
#endif

const char *plugin_leaf(void)
{
	return leaf_version();
}

#ifdef TRANSFERS
#include "curl_plugin.c"
#endif
