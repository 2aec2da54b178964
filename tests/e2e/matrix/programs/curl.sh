# Sends each request with the curl command: curl.sh BASE LISTING. Beside LISTING are a path, a body and fields for each.
for body in "${2%/*}"/*.body; do
	asked=${body%.body}
	curl -sS -N -H @"$asked.fields" --data-binary @"$body" "$1$(cat "$asked.path")" || exit
	echo
done
