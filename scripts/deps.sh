#!/bin/sh
# Installs what gentap needs to build and to test. Does nothing when everything is already installed.
#
#   scripts/deps.sh build   compiler, protoc-c, and the static archives of build/deps
#   scripts/deps.sh check   what `make check` needs on top
#   scripts/deps.sh demo    what `make demo` needs on top
#   scripts/deps.sh test    what `make test` needs on top
#   scripts/deps.sh matrix  programs that `make matrix` runs
#   scripts/deps.sh fuzz    what `make fuzz` needs on top
#   scripts/deps.sh list    prints the packages of build, demo and test
#
# GOALS holds the make targets. When packages cannot be installed, the script prints one command with the packages of
# all targets.
#
# Packages come from apt. The libraries that the exporter links come from the distribution's own source packages. Apt
# fetches them with a separate source list and list folder under build/, so the apt configuration of the system does not
# change; apt checks their signatures as for any package. They are built once: static, PIC, with hidden symbols.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$top/build}
deps=$build/deps
jobs=$(nproc 2>/dev/null || echo 1)

say() { echo "deps: $*" >&2; }
die() { say "$*"; exit 1; }

# ---------------------------------------------------------------- packages

packages_build="uthash-dev gcc libc6-dev make dpkg-dev patch bzip2 xz-utils protobuf-c-compiler pkgconf"
packages_check="libcmocka-dev binutils python3 python3-venv"
packages_demo="curl openssl python3 python3-venv"
packages_test="$packages_check $packages_demo libcurl4-openssl-dev libcurl3-gnutls libssl-dev python3-pycurl ruby strace git nghttp2-server"
packages_test="$packages_test libjemalloc2 libmimalloc2.0 wget"
packages_test="$packages_test nodejs npm"
packages_matrix="php-cli php-curl default-jdk-headless cargo golang-go libssl-dev"
packages_fuzz="clang"
packages_fuzz_runtime="libclang-rt-dev"

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# find_missing NAME...: sets $missing to the packages that are not installed
find_missing() {
	missing=
	for p in "$@"; do
		# accept any of these tools; the clang runtime is part of clang in some releases and a separate package in others
		case $p in
		nodejs) command -v node >/dev/null 2>&1 && continue ;;
		default-jdk-headless) command -v javac >/dev/null 2>&1 && continue ;;
		golang-go) command -v go >/dev/null 2>&1 && continue ;;
		cargo | npm) command -v "$p" >/dev/null 2>&1 && continue ;;
		libclang-rt-*) [ -n "$(ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a 2>/dev/null)" ] && continue ;;
		esac
		case " $missing " in *" $p "*) continue ;; esac
		installed "$p" || missing="$missing $p"
	done
}

packages_of_goals() {
	echo "$packages_build"
	for g in ${GOALS:-}; do
		case $g in
		check* | unit | static) echo "$packages_check" ;;
		demo | venv) echo "$packages_demo" ;;
		test | e2e | bench) echo "$packages_test" ;;
		matrix) echo "$packages_demo $packages_matrix" ;;
		fuzz) echo "$packages_check $packages_fuzz" ;;
		esac
	done
}

# Prints one command to paste, with the packages of all goals and not only of this group.
ask_for_packages() {
	find_missing "$@" $(packages_of_goals)
	say "packages are missing, and this user is not root and has no sudo. As root, run:"
	echo "apt-get install -y --no-install-recommends$missing" >&2
	exit 1
}

need_packages() {
	find_missing "$@"
	[ -n "$missing" ] || return 0

	as_root=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null 2>&1 || ask_for_packages "$@"
		as_root=sudo
	fi
	# make may want several groups at once, and apt works for one at a time
	exec 9>"$build/.apt-lock"
	flock 9
	find_missing "$@"
	[ -n "$missing" ] || return 0
	say "installing$missing"
	$as_root apt-get -qq update >"$build/deps-apt.log" 2>&1 || :
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing \
		>>"$build/deps-apt.log" 2>&1 || die "apt-get could not install$missing (see $build/deps-apt.log; is there a network?)"
}

on_debian() { command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1; }

# ---------------------------------------------------------------- sources

# Name, suites to search ("own" is the running release), oldest acceptable version. The first suite with an acceptable
# version wins. There are several suites because a mirror may list a version that was just replaced. curl and mbedTLS
# come from a newer release than Debian 12: its mbedTLS lacks TLS 1.3, and its curl cannot use a newer mbedTLS.
sources="
zlib       own,trixie,trixie-backports                                  1.2.11
brotli     own,trixie,trixie-backports                                  1.0.9
libzstd    own,trixie,trixie-backports                                  1.4.8
cjson      own,trixie,trixie-backports                                  1.7.14
protobuf-c own,trixie,trixie-backports                                  1.3.3
nghttp2    own,trixie,trixie-backports                                  1.43
mbedtls    trixie,trixie-security,trixie-backports,own                  2.28
curl       trixie,trixie-security,bookworm-backports,trixie-backports,own 8.5
"

apt_private() {
	apt-get -qq -o Dir::Etc::sourcelist="$deps/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::Lists="$deps/apt/lists" -o Dir::Cache="$deps/apt/cache" -o APT::Sandbox::User=root "$@"
}

write_source_list() {
	mkdir -p "$deps/apt/lists/partial" "$deps/apt/cache/archives/partial"
	. /etc/os-release
	own=${VERSION_CODENAME:-}
	# the mirror that this system already uses for its main component
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
		awk -v own="$own" '$2 == own && $3 == "main" { print $1; exit }')
	[ -n "$mirror" ] || die "cannot fetch library sources: apt has no source for $own main"
	case ${ID:-} in
	debian) keyring=/usr/share/keyrings/debian-archive-keyring.gpg
		suites="$own trixie bookworm-backports trixie-backports" ;;
	*) keyring=; suites=$own ;;
	esac
	option=
	[ -n "$keyring" ] && [ -f "$keyring" ] && option="[signed-by=$keyring] "
	for s in $suites; do
		echo "deb-src $option$mirror $s main"
	done | sort -u >"$deps/apt/sources.list"
	# security updates have an archive next to the main archive
	security=${mirror%/}-security
	[ "${ID:-}" != debian ] || echo "deb-src $option$security trixie-security main" >>"$deps/apt/sources.list"
	say "reading the source index of: $suites"
	apt_private update >"$deps/apt.log" 2>&1 || say "cannot read some source lists (see $deps/apt.log)"
}

# version_in SUITE NAME: prints the version of a source package in a suite, or nothing
version_in() {
	apt_private source --download-only --print-uris "$2/$1" 2>>"$deps/apt.log" | sed -n "s/.* $2_\([^ ]*\)\.dsc .*/\1/p" | head -n 1
}

# download NAME SUITE OPTION...: empties $deps/download/NAME and downloads into it; apt verifies it by the signed index
download() {
	name=$1 suite=$2
	shift 2
	(cd "$deps/download/$name" && rm -f ./* && apt_private source --download-only "$@" "$name/$suite") >>"$deps/apt.log" 2>&1
}

# unpacked NAME WHAT SUITE: the tree in $deps/src/NAME.tmp is complete; moves it to $deps/src/NAME
unpacked() {
	mv "$deps/src/$1.tmp" "$deps/src/$1"
	say "fetched $2 from $3"
}

# fetch NAME SUITES OLDEST: leaves the unpacked tree in $deps/src/NAME, with the distribution's patches. A mirror may
# list a revision that it does not have (yet, or any more). When no suite has a complete package, the script falls back
# to the upstream archive of the newest version, without patches.
fetch() {
	[ -d "$deps/src/$1" ] && return 0
	mkdir -p "$deps/download/$1" "$deps/src"
	newest= from=
	for suite in $(echo "$2" | tr , ' '); do
		[ "$suite" = own ] && suite=$own
		version=$(version_in "$suite" "$1")
		[ -n "$version" ] && dpkg --compare-versions "$version" ge "$3" || continue
		[ -n "$newest" ] && dpkg --compare-versions "$version" le "$newest" || newest=$version from=$suite
		download "$1" "$suite" || continue
		rm -rf "$deps/src/$1.tmp"
		dpkg-source --no-check -x "$deps/download/$1/"*.dsc "$deps/src/$1.tmp" >>"$deps/apt.log" 2>&1 || continue
		unpacked "$1" "$(basename "$deps/download/$1/"*.dsc .dsc)" "$suite"
		return 0
	done
	if [ -n "$from" ] && download "$1" "$from" --tar-only; then
		rm -rf "$deps/src/$1.tmp" && mkdir "$deps/src/$1.tmp"
		tar -xf "$deps/download/$1/"*.orig.tar.* -C "$deps/src/$1.tmp" --strip-components=1
		unpacked "$1" "$(basename "$deps/download/$1/"*.orig.tar.* | sed 's/\.orig.*//') (upstream archive, unpatched)" "$from"
		return 0
	fi
	die "cannot fetch the source package $1, version $3 or newer (see $deps/apt.log; is there a network?)"
}

# ---------------------------------------------------------------- archives

cflags="-O2 -g -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections -fno-stack-protector -U_FORTIFY_SOURCE"

# archive NAME CFLAGS SOURCES...: compiles into lib/NAME.a
archive() {
	name=$1 flags=$2
	shift 2
	obj=$deps/obj/$name
	rm -rf "$obj" && mkdir -p "$obj"
	for f in "$@"; do
		echo "$f"
	done | xargs -P "$jobs" -I{} sh -c 'o=$(echo "{}" | tr / _); exec gcc $1 -c "{}" -o "$0/${o%.c}.o"' "$obj" "$cflags $flags" \
		>"$deps/$name.log" 2>&1 || die "building $name failed (see $deps/$name.log)"
	rm -f "$deps/lib/$name.a"
	ar rcs "$deps/lib/$name.a" "$obj"/*.o
}

build_archives() {
	mkdir -p "$deps/lib" "$deps/include"
	inc=$deps/include
	cd "$deps/src/zlib"
	cp zlib.h zconf.h "$inc"
	archive libz "-D_LARGEFILE64_SOURCE=1 -DHAVE_UNISTD_H -DHAVE_STDARG_H -DHAVE_HIDDEN" \
		adler32.c compress.c crc32.c deflate.c inffast.c inflate.c inftrees.c trees.c uncompr.c zutil.c
	cd "$deps/src/brotli"
	cp -r c/include/brotli "$inc"
	archive libbrotlidec "-Ic/include" c/common/*.c c/dec/*.c
	cd "$deps/src/libzstd/lib"
	cp zstd.h zstd_errors.h "$inc"
	archive libzstd "-DZSTD_DISABLE_ASM -I. -Icommon" common/*.c decompress/*.c
	cd "$deps/src/cjson"
	mkdir -p "$inc/cjson" && cp cJSON.h "$inc/cjson"
	archive libcjson "-DCJSON_HIDE_SYMBOLS -DCJSON_NESTING_LIMIT=256" cJSON.c
	cd "$deps/src/protobuf-c"
	mkdir -p "$inc/protobuf-c" && cp protobuf-c/protobuf-c.h "$inc/protobuf-c"
	archive libprotobuf-c "-I. -DNDEBUG" protobuf-c/protobuf-c.c

	cd "$deps/src/nghttp2/lib"
	# the header that nghttp2's configure would write: it depends on the version only
	version=$(sed -n 's/^AC_INIT(\[nghttp2\], \[\([0-9.]*\).*/\1/p' ../configure.ac)
	sed "s/@PACKAGE_VERSION@/$version/; s/@PACKAGE_VERSION_NUM@/$(printf '0x%02x%02x%02x' $(echo "$version" | tr . ' '))/" \
		includes/nghttp2/nghttp2ver.h.in >includes/nghttp2/nghttp2ver.h
	cp -r includes/nghttp2 "$inc"
	archive libnghttp2 "-DNGHTTP2_STATICLIB -DHAVE_ARPA_INET_H -DHAVE_NETINET_IN_H -DNDEBUG -Iincludes" *.c
	# curl's configure finds nghttp2 through pkg-config only
	mkdir -p "$deps/lib/pkgconfig"
	printf 'Name: libnghttp2\nDescription: HTTP/2\nVersion: %s\nCflags: -I%s -DNGHTTP2_STATICLIB\nLibs: -L%s -lnghttp2\n' \
		"$version" "$inc" "$deps/lib" >"$deps/lib/pkgconfig/libnghttp2.pc"

	say "building mbedtls"
	cd "$deps/src/mbedtls"
	make -s -C library -j"$jobs" CFLAGS="$cflags" static >"$deps/mbedtls.log" 2>&1 ||
		die "building mbedtls failed (see $deps/mbedtls.log)"
	cp library/libmbed*.a "$deps/lib"
	cp -r include/mbedtls "$inc"
	[ -d include/psa ] && cp -r include/psa "$inc"

	say "building curl"
	cd "$deps/src/curl"
	# HTTP only, without any feature that would search for a system library
	(./configure --quiet --prefix="$deps/curl" --disable-shared --enable-static --disable-symbol-hiding \
		--with-mbedtls="$deps" --without-zlib --without-brotli --without-zstd --without-libpsl --without-libidn2 \
		--with-nghttp2="$deps" --without-nghttp3 --without-libssh2 --without-librtmp --without-ca-bundle --without-ca-path \
		--disable-ftp --disable-file --disable-ldap --disable-ldaps --disable-rtsp --disable-dict --disable-telnet \
		--disable-tftp --disable-pop3 --disable-imap --disable-smb --disable-smtp --disable-gopher --disable-mqtt \
		--disable-websockets --disable-manual --disable-docs --disable-libcurl-option --disable-ntlm --disable-negotiate-auth \
		--disable-aws --disable-kerberos-auth --disable-alt-svc --disable-hsts --disable-cookies --disable-netrc \
		--disable-unix-sockets --disable-socketpair --disable-doh --disable-tls-srp --disable-form-api --disable-ipfs \
		CFLAGS="$cflags" CPPFLAGS="-I$inc -DNGHTTP2_STATICLIB" LDFLAGS="-L$deps/lib" && make -s -j"$jobs" -C lib) >"$deps/curl.log" 2>&1 ||
		die "building curl failed (see $deps/curl.log)"
	cp lib/.libs/libcurl.a "$deps/lib"
	cp -r include/curl "$inc"
}

ensure_archives() {
	# checksum of the sections between these two lines: a change of other parts must not rebuild the libraries
	want=$(sed -n '/^# -.* sources$/,/^# -.* main$/p' "$0" | cksum)
	[ "$(cat "$deps/.built" 2>/dev/null)" = "$want" ] && return 0
	mkdir -p "$deps"
	. /etc/os-release
	own=${VERSION_CODENAME:-}
	ready=yes
	for name in $(echo "$sources" | awk 'NF { print $1 }'); do
		[ -d "$deps/src/$name" ] || ready=no
	done
	[ $ready = yes ] || write_source_list
	echo "$sources" | while read -r name suites oldest; do
		[ -z "$name" ] || fetch "$name" "$suites" "$oldest"
	done
	say "building zlib brotli zstd cjson protobuf-c nghttp2"
	build_archives
	echo "$want" >"$deps/.built"
	say "libraries are ready in $deps/lib"
}

# ---------------------------------------------------------------- main

what=${1:-build}
if [ "$what" = list ]; then
	echo $packages_build $packages_test | tr ' ' '\n' | awk '!seen[$0]++' | paste -s -d ' ' -
	exit 0
fi
mkdir -p "$build"
if ! on_debian; then
	die "this is not Debian or Ubuntu. Install the equivalents of: $packages_build $packages_test;" \
		"put PIC archives of zlib, brotli (decoder), zstd, cjson, protobuf-c, nghttp2, mbedtls and curl into $deps/lib, headers into $deps/include"
fi
need_packages $packages_build
case $what in
build) ensure_archives ;;
check) need_packages $packages_check ;;
demo) need_packages $packages_demo ;;
test) need_packages $packages_test ;;
matrix) need_packages $packages_matrix ;;
fuzz)
	need_packages $packages_fuzz
	need_packages $packages_fuzz_runtime
	;;
*) die "unknown group $what (build, check, demo, test, matrix, fuzz, list)" ;;
esac
