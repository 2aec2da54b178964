/*
 * OpenSSL's BIO interface: BIO_write, BIO_read, BIO_printf and their kind on a BIO that encrypts.
 *
 * Such a BIO calls SSL_write inside libssl, where no symbol hook is. So the makers of these BIOs are hooked, which
 * programs call once. The copy of OpenSSL that they belong to is then followed by its method tables (ssl_copies.h). The
 * calls that move bytes stay as they are.
 */
#include "shim/foreign.h"
#include "shim/guard.h"
#include "shim/hooks.h"
#include "shim/object.h"
#include "shim/ssl_copies.h"

typedef void *new_fn(void *context);
typedef void *new_ssl_fn(void *context, int is_client);
typedef const void *method_fn(void);

/* At once: the first write makes the handshake, and would be under way when that begins. */
static void follow(const void *function, const void *from)
{
	struct gt_object o = gt_object_of(function);
	struct gt_hook h;

	if (!o.map || !gt_hook_enter_from(&h, from))
		return;
	gt_ssl_copies_note_open(o.map->l_name, false);
	gt_ssl_copies_look();
	gt_hook_leave(&h);
}

GT_EXPORT void *BIO_new_ssl(void *context, int is_client)
{
	new_ssl_fn *real = (new_ssl_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_BIO_new_ssl);

	if (!real)
		return NULL;
	follow((void *)real, __builtin_return_address(0));
	return real(context, is_client);
}

GT_EXPORT void *BIO_new_ssl_connect(void *context)
{
	new_fn *real = (new_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_BIO_new_ssl_connect);

	if (!real)
		return NULL;
	follow((void *)real, __builtin_return_address(0));
	return real(context);
}

GT_EXPORT void *BIO_new_buffer_ssl_connect(void *context)
{
	new_fn *real = (new_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_BIO_new_buffer_ssl_connect);

	if (!real)
		return NULL;
	follow((void *)real, __builtin_return_address(0));
	return real(context);
}

GT_EXPORT const void *BIO_f_ssl(void)
{
	method_fn *real = (method_fn *)gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_BIO_f_ssl);

	if (!real)
		return NULL;
	follow((void *)real, __builtin_return_address(0));
	return real();
}
