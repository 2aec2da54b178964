# Sends each request with wget: wget.sh BASE LISTING. Beside LISTING are a path, a body and fields for each.
for body in "${2%/*}"/*.body; do
	asked=${body%.body}
	base=$1 listing=$2
	set --
	while IFS= read -r field; do
		set -- "$@" "--header=$field"
	done <"$asked.fields"
	wget -q -O - --ca-certificate="$SSL_CERT_FILE" "$@" --post-file="$body" "$base$(cat "$asked.path")" || exit
	echo
	set -- "$base" "$listing"
done
