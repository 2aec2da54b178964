/* Values of telling names in text, and the same words where they tell nothing. All secrets are made up. */
#include "support/redacted.h"
#include "support/test.h"

#define HIDDEN "[redacted:password]"

static void test_named_value_of_a_member_of_json_is_hidden_whatever_its_type(void **state)
{
	static const struct gt_redacted_row rows[] = {
		{ "{\"pin\":1234}", "{\"pin\":" HIDDEN "}" },
		{ "{\"pin\" : 1234, \"n\": 7}", "{\"pin\" : " HIDDEN ", \"n\": 7}" },
		{ "{\"cvv\":123}", "{\"cvv\":" HIDDEN "}" },
		{ "{\"password\":-12.5e3}", "{\"password\":" HIDDEN "}" },
		{ "{\"password\":\"abc\"}", "{\"password\":\"" HIDDEN "\"}" },
		{ "{'password': 'abc'}", "{'password': '" HIDDEN "'}" },
		{ "{\"password\":[\"correct\",\"horse\"],\"a\":\"b\"}",
		  "{\"password\":[\"" HIDDEN "\",\"" HIDDEN "\"],\"a\":\"b\"}" },
		{ "{\"password\":[1234,true,null]}", "{\"password\":[" HIDDEN ",true,null]}" },
		{ "{\"password\":{\"value\":\"correct\",\"n\":[\"horse\"]},\"a\":\"b\"}",
		  "{\"password\":{\"value\":\"" HIDDEN "\",\"n\":[\"" HIDDEN "\"]},\"a\":\"b\"}" },
		{ "\"secrets\": [\n  \"a\",\n  \"b\"\n]", "\"secrets\": [\n  \"" HIDDEN "\",\n  \"" HIDDEN "\"\n]" },
		{ "{\"headers\":{\"Cookie\":[\"sid=k2j4\"],\"Host\":[\"h\"]}}",
		  "{\"headers\":{\"Cookie\":[\"" HIDDEN "\"],\"Host\":[\"h\"]}}" },
		{ "{\"passwords\":\"correct1\",\"apiKeys\":{\"a\":\"b\"}}",
		  "{\"passwords\":\"" HIDDEN "\",\"apiKeys\":{\"a\":\"" HIDDEN "\"}}" },
		{ "{\"user.password\":\"abc\"}", "{\"user.password\":\"" HIDDEN "\"}" },
		/* no value */
		{ "{\"password\":\"\",\"secret\":null,\"apiKey\":true,\"credentials\":[],\"cookies\":{}}", NULL },
		{ "{\"pin\":7,\"cvv\":12}", NULL },
		{ "{\"max_tokens\":4096,\"tokens\":[\"hello\",\"world1\"],\"token\":5,\"progressToken\":17}", NULL },
		{ "{\"token\":\"end\",\"signature\":\"f(x)\",\"pass\":12}", NULL },
		{ "{\"token\":{\"id\":17,\"text\":\" late\",\"logprob\":-0.25}}", NULL },
		{ "\"node_modules/parse-passwd\": {\"version\": \"1.0.0\"}", NULL },
		{ "{\"secret\":\"\xe3\x8a\x99\"}", NULL },
	};

	(void)state;
	gt_redacted_check_rows(rows, GT_ROWS(rows));
}

static void test_named_value_ends_where_its_document_says(void **state)
{
	static const struct gt_redacted_row rows[] = {
		{ "{\"password\":\"a\\\"b\",\"x\":\"y\"}", "{\"password\":\"" HIDDEN "\",\"x\":\"y\"}" },
		{ "{\"password\":\"a\\nb\",\"x\":\"y\"}", "{\"password\":\"" HIDDEN "\",\"x\":\"y\"}" },
		{ "{\"password\":\"a\\\\\",\"x\":\"y\"}", "{\"password\":\"" HIDDEN "\\\\\",\"x\":\"y\"}" },
		{ "{\\\"password\\\":\\\"a\\\\\\\"b\\\",\\\"x\\\":\\\"y\\\"}",
		  "{\\\"password\\\":\\\"" HIDDEN "\\\",\\\"x\\\":\\\"y\\\"}" },
		{ "{\\\"password\\\":\\\"a\\\\nb\\\",\\\"x\\\":\\\"y\\\"}",
		  "{\\\"password\\\":\\\"" HIDDEN "\\\",\\\"x\\\":\\\"y\\\"}" },
		{ "{\\\"password\\\": [\\n \\\"a\\\"\\n],\\\"x\\\":\\\"y\\\"}",
		  "{\\\"password\\\": [\\n \\\"" HIDDEN "\\\"\\n],\\\"x\\\":\\\"y\\\"}" },
		{ "{\\u0022password\\u0022:\\u0022abc\\u0022}", "{\\u0022password\\u0022:\\u0022" HIDDEN "\\u0022}" },
		/* a string that is never closed ends with its line */
		{ "password = \"hunter2 and\nmore", "password = \"" HIDDEN "\nmore" },
	};

	(void)state;
	gt_redacted_check_rows(rows, GT_ROWS(rows));
}

static void test_named_value_of_a_pair_is_hidden_in_either_order(void **state)
{
	static const struct gt_redacted_row rows[] = {
		{ "{\"name\":\"Authorization\",\"value\":\"kx82nd\"}",
		  "{\"name\":\"Authorization\",\"value\":\"" HIDDEN "\"}" },
		{ "{\"value\":\"kx82nd\",\"name\":\"Authorization\"}",
		  "{\"value\":\"" HIDDEN "\",\"name\":\"Authorization\"}" },
		{ "{\"key\":\"db_password\",\"enabled\":true,\"value\":\"letters\"}",
		  "{\"key\":\"db_password\",\"enabled\":true,\"value\":\"" HIDDEN "\"}" },
		{ "{\"header\":\"Cookie\",\"values\":[\"a=b\"]}", "{\"header\":\"Cookie\",\"values\":[\"" HIDDEN "\"]}" },
		{ "{\"key\":\"pin\",\"value\":{\"intValue\":\"1234\"}}",
		  "{\"key\":\"pin\",\"value\":{\"intValue\":\"" HIDDEN "\"}}" },
		{ "[{\"name\":\"A\",\"value\":\"b1\"},{\"name\":\"TOKEN\",\"value\":\"c\"},{\"name\":\"D\",\"value\":\"e\"}]",
		  "[{\"name\":\"A\",\"value\":\"b1\"},{\"name\":\"TOKEN\",\"value\":\"" HIDDEN
		  "\"},{\"name\":\"D\",\"value\":\"e\"}]" },
		{ "{\\\"name\\\":\\\"TOKEN\\\",\\\"value\\\":\\\"c\\\"}",
		  "{\\\"name\\\":\\\"TOKEN\\\",\\\"value\\\":\\\"" HIDDEN "\\\"}" },
		{ "- name: DB_PASSWORD\n  value: letters\n- name: LEVEL\n  value: debug\n",
		  "- name: DB_PASSWORD\n  value: " HIDDEN "\n- name: LEVEL\n  value: debug\n" },
		{ "<add key=\"ApiKey\" value=\"abc\"/><add key=\"Host\" value=\"h\"/>",
		  "<add key=\"ApiKey\" value=\"" HIDDEN "\"/><add key=\"Host\" value=\"h\"/>" },
		{ "<input name=\"password\" value=\"letters\">", "<input name=\"password\" value=\"" HIDDEN "\">" },
		{ "[[\"Authorization\",\"kx82nd9\"],[\"Host\",\"example.com\"]]",
		  "[[\"Authorization\",\"" HIDDEN "\"],[\"Host\",\"example.com\"]]" },
		{ "[\"Host\",\"h\",\"Cookie\",\"sid=a\"]", "[\"Host\",\"h\",\"Cookie\",\"" HIDDEN "\"]" },
		{ "set(\"X-Api-Key\", 'kx82nd9')", "set(\"X-Api-Key\", '" HIDDEN "')" },
		{ "[\"run\",\"--password\",\"letters\"]", "[\"run\",\"--password\",\"" HIDDEN "\"]" },
		/* lists of names, and names beside something else */
		{ "\"required\": [\"password\", \"username\"]", NULL },
		{ "\"enum\": [\"token\", \"api_key_v2\", \"password\", \"scram-sha-256\"]", NULL },
		{ "['Authorization', 'Cache-Control', 'Cookie', 'Cross-Origin-Embedder-Policy']", NULL },
		{ "t(\"password\", \"Enter your password:\")", NULL },
		{ "{\"name\":\"Authorization\",\"in\":\"header\",\"required\":true}", NULL },
		{ "name = token\nvalue = token.text", NULL },
	};

	(void)state;
	gt_redacted_check_rows(rows, GT_ROWS(rows));
}

static void test_named_value_schemas_of_secrets_stay(void **state)
{
	static const struct gt_redacted_row rows[] = {
		{ "{\"password\":{\"type\":\"string\",\"description\":\"yours\"}}", NULL },
		{ "{\"apiKey\":{\"title\":\"Api Key\",\"description\":\"d\",\"minLength\":8,\"type\":\"string\"}}", NULL },
		{ "{\"Credentials\":{\"$ref\":\"#/definitions/SecretArn\"}}", NULL },
		{ "{\"secret\":{\"type\":[\"string\",\"null\"]}}", NULL },
		{ "{\"secret\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}}", NULL },
		{ "{\"password\":{\"type\":\"string\",\"default\":\"abc\"},\"x\":{\"type\":\"string\",\"default\":\"abc\"}}",
		  "{\"password\":{\"type\":\"string\",\"default\":\"" HIDDEN
		  "\"},\"x\":{\"type\":\"string\",\"default\":\"abc\"}}" },
		/* not a schema */
		{ "{\"password\":{\"type\":\"string\",\"value\":\"abc\"}}",
		  "{\"password\":{\"type\":\"" HIDDEN "\",\"value\":\"" HIDDEN "\"}}" },
		{ "{\"password\":{\"type\":\"plain\"}}", "{\"password\":{\"type\":\"" HIDDEN "\"}}" },
		{ "{\"password\":{\"title\":\"abc\"}}", "{\"password\":{\"title\":\"" HIDDEN "\"}}" },
	};

	(void)state;
	gt_redacted_check_rows(rows, GT_ROWS(rows));
}

static void test_named_value_of_letters_is_hidden_where_no_program_writes_it(void **state)
{
	static const struct gt_redacted_row rows[] = {
		{ "PGPASSWORD=hunterhunter psql -h db", "PGPASSWORD=" HIDDEN " psql -h db" },
		{ "export DB_SECRET=correcthorse", "export DB_SECRET=" HIDDEN },
		{ "mysql --password=correcthorse db", "mysql --password=" HIDDEN " db" },
		{ "https://h/x?user=bob&password=correcthorse&n=1", "https://h/x?user=bob&password=" HIDDEN "&n=1" },
		{ "password=correcthorse&user=bob", "password=" HIDDEN "&user=bob" },
		{ "Server=db;Uid=sa;Pwd=correcthorse;Pool=1", "Server=db;Uid=sa;Pwd=" HIDDEN ";Pool=1" },
		{ "host=db user=bob password=correcthorse dbname=x", "host=db user=bob password=" HIDDEN " dbname=x" },
		{ "host=db port=5432 password=correcthorse", "host=db port=5432 password=" HIDDEN },
		{ "user: bob\n  password: correcthorse\nhost: h", "user: bob\n  password: " HIDDEN "\nhost: h" },
		{ "- API_SECRET: correcthorse\r\n", "- API_SECRET: " HIDDEN "\r\n" },
		{ "data:\n  password: Y29ycmVjdA==\n", "data:\n  password: " HIDDEN "\n" },
		/* programs, sentences, placeholders */
		{ "client = OpenAI(api_key=api_key, token=token)", NULL },
		{ "client = OpenAI(api_key=settings.api_key)", NULL },
		{ "f(password=hunter)", NULL },
		{ "token = tokenizer.encode(x)", NULL },
		{ "this.password=password;", NULL },
		{ "self.token = response.token", NULL },
		{ "TOKEN=$OTHER_TOKEN ./run", NULL },
		{ "OPENAI_API_KEY=your_api_key_here", NULL },
		{ "OPENAI_API_KEY=sk-...", NULL },
		{ "password: string", NULL },
		{ "  password: required\n", NULL },
		{ "the password: correcthorse is it", NULL },
		{ "const secret = process.env.SECRET;", NULL },
		{ "--password=PASSWORD --token <token>", NULL },
		{ "password: 8-16 characters", NULL },
		{ "prompt token: 1024, cost per pass: 12", NULL },
		{ "`Credentials`:\n---------\ntext", NULL },
		{ "x = {'token':\n  context2.level}", NULL },
		{ "pattern: secret:[a-zA-Z0-9/_+=]+", NULL },
		{ "secrets: [DB_PASSWORD, API_KEY2]", NULL },
		{ "password: '${{ secrets.GITHUB_TOKEN }}'", NULL },
	};

	(void)state;
	gt_redacted_check_rows(rows, GT_ROWS(rows));
}

static void test_named_value_with_a_digit_is_hidden_as_it_always_was(void **state)
{
	static const struct gt_redacted_row rows[] = {
		{ "password=hunter22", "password=" HIDDEN },
		{ "password=ab12", "password=" HIDDEN },
		{ "PIN: 4711", "PIN: " HIDDEN },
		{ "pin=4711 please", "pin=" HIDDEN " please" },
		{ "password=p\xc3\xa4ssw0rd", "password=" HIDDEN },
		{ "os.environ[\"PASSWORD\"] = \"hunter22\"", "os.environ[\"PASSWORD\"] = \"" HIDDEN "\"" },
		{ "headers['X-Api-Key'] = 'kx82nd9'", "headers['X-Api-Key'] = '" HIDDEN "'" },
		{ "API key: kx82nd9w", "API key: " HIDDEN },
		{ "--token kx82nd9w", "--token " HIDDEN },
		{ "<password>letters</password>", "<password>" HIDDEN "</password>" },
		{ "<ns:apiKey>letters</ns:apiKey>", "<ns:apiKey>" HIDDEN "</ns:apiKey>" },
		{ "password = [\"kx82nd9w\"]", "password = [\"" HIDDEN "\"]" },
		{ "ALTER USER bob WITH PASSWORD 'letters';", "ALTER USER bob WITH PASSWORD '" HIDDEN "';" },
		{ "CREATE USER bob IDENTIFIED BY 'letters'", "CREATE USER bob IDENTIFIED BY '" HIDDEN "'" },
		{ "the password \"kx82nd9w\" is old", "the password \"" HIDDEN "\" is old" },
		{ "the password \"letters\" field", NULL },
		{ "sorted BY 'letters'", NULL },
		{ "the key: kx82nd9w", NULL },
		{ "use <token> and </b>", NULL },
		{ "<password>leave it empty</password>", NULL },
		{ "headers['Authorization'] = `Basic ${coded(auth)}`", NULL },
	};

	(void)state;
	gt_redacted_check_rows(rows, GT_ROWS(rows));
}

static void test_named_value_of_header_fields_and_of_curl_is_hidden(void **state)
{
	static const struct gt_redacted_row rows[] = {
		{ "Cookie: a=b; sid=c\nHost: h", "Cookie: " HIDDEN "\nHost: h" },
		{ "Set-Cookie: sid=c; Path=/; HttpOnly", "Set-Cookie: " HIDDEN },
		{ "curl -H 'Cookie: a=b; sid=c' https://h", "curl -H 'Cookie: " HIDDEN "' https://h" },
		{ "Authorization: Basic YTpi", "Authorization: Basic " HIDDEN },
		{ "Authorization: Bot Abcdef", "Authorization: Bot " HIDDEN },
		{ "Proxy-Authorization: Basic YTpi\nHost: h", "Proxy-Authorization: Basic " HIDDEN "\nHost: h" },
		{ "curl -u bob:letters https://h/", "curl -u bob:" HIDDEN " https://h/" },
		{ "curl https://h/ --user 'bob:two words' -v", "curl https://h/ --user 'bob:" HIDDEN "' -v" },
		{ "curl https://h/ \\\n  -u bob:letters", "curl https://h/ \\\n  -u bob:" HIDDEN },
		{ "Authorization: required for this call", NULL },
		{ "Authorization: Basic authentication", NULL },
		{ "Cookie: a small file", NULL },
		{ "docker run -u 1000:1000 image", NULL },
		{ "curl https://h/\ndocker run -u bob:users image", NULL },
		{ "curl -u bob https://h/", NULL },
	};

	(void)state;
	gt_redacted_check_rows(rows, GT_ROWS(rows));
}

static void test_named_value_of_short_and_foreign_names_is_hidden(void **state)
{
	static const struct gt_redacted_row rows[] = {
		{ "PW=hunter2x", "PW=" HIDDEN },
		{ "pw: hunter2x", "pw: " HIDDEN },
		{ "db_pw=hunter2x", "db_pw=" HIDDEN },
		{ "{\"pw\":\"hunter2x\"}", "{\"pw\":\"" HIDDEN "\"}" },
		{ "contrasena: hunter2x", "contrasena: " HIDDEN },
		{ "contrase\xc3\xb1"
		  "a: hunter2x",
		  "contrase\xc3\xb1"
		  "a: " HIDDEN },
		{ "{\"contrase\xc3\xb1"
		  "a\":\"abc\"}",
		  "{\"contrase\xc3\xb1"
		  "a\":\"" HIDDEN "\"}" },
		{ "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c: hunter2x", /* Russian */
		  "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c: " HIDDEN },
		{ "\xd0\x9f\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c=hunter2x",
		  "\xd0\x9f\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c=" HIDDEN },
		{ "\xe5\xaf\x86\xe7\xa0\x81: hunter2x", "\xe5\xaf\x86\xe7\xa0\x81: " HIDDEN }, /* Chinese */
		{ "mot de passe : hunter2x", "mot de passe : " HIDDEN },
		{ "has\xc5\x82o: hunter2x", "has\xc5\x82o: " HIDDEN }, /* Polish */
		{ "wachtwoord: hunter2x", "wachtwoord: " HIDDEN },
		/* the colon of Chinese and Japanese keyboards */
		{ "password\xef\xbc\x9ahunter2x", "password\xef\xbc\x9a" HIDDEN },
		{ "password \xef\xbc\x9a hunter2x", "password \xef\xbc\x9a " HIDDEN },
		{ "password\xef\xbc\x9ahunterhunter\n", "password\xef\xbc\x9a" HIDDEN "\n" },
		{ "\xe3\x83\x91\xe3\x82\xb9\xe3\x83\xaf\xe3\x83\xbc\xe3\x83\x89\xef\xbc\x9ahunter2x", /* Japanese */
		  "\xe3\x83\x91\xe3\x82\xb9\xe3\x83\xaf\xe3\x83\xbc\xe3\x83\x89\xef\xbc\x9a" HIDDEN },
		/* an ampersand inside */
		{ "my password: Tr0ub4dor&3", "my password: " HIDDEN },
		{ "password=P&ssw0rd&x1", "password=" HIDDEN },
		{ "https://h/?password=hunter22&user=bob2", "https://h/?password=" HIDDEN "&user=bob2" },
		{ "https://h/?password=hunter22&amp;user=bob2", "https://h/?password=" HIDDEN "&amp;user=bob2" },
		{ "PASSWORD=hunter22&&ls", "PASSWORD=" HIDDEN "&&ls" },
		{ "PASSWORD=hunter22& ls", "PASSWORD=" HIDDEN "& ls" },
		/* words that end alike, widths, prose */
		{ "spw=hunter2x kpw: 1920x1080", NULL },
		{ "pw, ph = 1920, 1080", NULL },
		{ "pw = 1920", NULL },
		{ "{\"pw\":1920}", NULL },
		{ "pw: string", NULL },
		{ "a\xef\xbc\x9ahunter2x", NULL },
		{ "\xef\xbc\x9ahunter2x", NULL },
		{ "\xe5\xaf\x86\xe7\xa0\x81\xef\xbc\x9a\xe5\xbf\x85\xe5\xa1\xab", NULL }, /* "password: required" */
		{ "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c: \xd0\xbd\xd0\xb5\xd1\x82", NULL },
		{ "ma passe : hunter2x", NULL },
		{ "token&3=a1b2c3", NULL },
	};

	(void)state;
	gt_redacted_check_rows(rows, GT_ROWS(rows));
}

static void test_named_value_of_calls_and_of_strong_header_fields_is_hidden(void **state)
{
	static const struct gt_redacted_row rows[] = {
		{ "-H \"X-Auth-Token: abcdefghijkl\"", "-H \"X-Auth-Token: " HIDDEN "\"" },
		{ "x-api-key: abcdefghijklmnop", "x-api-key: " HIDDEN },
		{ "GET / HTTP/1.1\r\nX-Api-Key: abcdefghijklmnop\r\nHost: h",
		  "GET / HTTP/1.1\r\nX-Api-Key: " HIDDEN "\r\nHost: h" },
		{ "x-functions-key: abcdef1234567", "x-functions-key: " HIDDEN },
		{ "Authorization: Digest username=\"bob\", realm=\"r\", response=\"6629fae49393a05397450978507c4ef1\", opaque=\"o\"",
		  "Authorization: Digest username=\"bob\", realm=\"r\", response=\"" HIDDEN "\", opaque=\"o\"" },
		{ "Proxy-Authorization: Digest username=\"bob\", response=6629fae49393a053\nresponse=6629fae49393a053",
		  "Proxy-Authorization: Digest username=\"bob\", response=" HIDDEN "\nresponse=6629fae49393a053" },
		{ "requests.get(u, auth=(\"admin\",\"hunter2\"))", "requests.get(u, auth=(\"admin\",\"" HIDDEN "\"))" },
		{ "auth = ('admin', 'letters')", "auth = ('admin', '" HIDDEN "')" },
		{ "HTTPBasicAuth(\"admin\",\"hunter2\")", "HTTPBasicAuth(\"admin\",\"" HIDDEN "\")" },
		{ "req.SetBasicAuth(\"admin\", \"letters\")", "req.SetBasicAuth(\"admin\", \"" HIDDEN "\")" },
		{ "smtp.login(\"bob\", 'hunter2')", "smtp.login(\"bob\", '" HIDDEN "')" },
		{ "HTTPDigestAuth(\n  'bob',\n  'letters')", "HTTPDigestAuth(\n  'bob',\n  '" HIDDEN "')" },
		/* sentences, names, other fields, other calls */
		{ "X-Auth-Token: required", NULL },
		{ "X-Api-Key: authentication key of the account", NULL },
		{ "x-api-key: your-api-key-here", NULL },
		{ "x-idempotency-key: 550e8400-e29b-41d4-a716-446655440000", NULL },
		{ "x-cache-key: page-17-of-20", NULL },
		{ "x-ratelimit-remaining-tokens: 149984", NULL },
		{ "token: abcdefghijkl is it", NULL },
		{ "Authorization: Digest of the day, response=\"none\"", NULL },
		{ "response=\"6629fae49393a05397450978507c4ef1\"", NULL },
		{ "auth=(user, password)", NULL },
		{ "auth=(\"admin\", os.environ[\"PW\"])", NULL },
		{ "auth=(\"bob\", \"$PASSWORD\")", NULL },
		{ "(\"admin\",\"hunter2\")", NULL },
		{ "unauth(\"read\", \"write\")", NULL },
		{ "login(\"read\", \"write\")", NULL },
		{ "t.login(\"Enter your name\", \"Enter your password\")", NULL },
		{ "author=(\"bob\",\"alice12\")", NULL },
		{ "authors(\"bob\",\"alice12\")", NULL },
	};

	(void)state;
	gt_redacted_check_rows(rows, GT_ROWS(rows));
}

static void test_named_value_of_lists_of_tokens_and_of_yaml_blocks_is_hidden(void **state)
{
	static const struct gt_redacted_row rows[] = {
		{ "{\"tokens\":[\"abcd1234efgh\",\"the\"]}", "{\"tokens\":[\"" HIDDEN "\",\"the\"]}" },
		{ "{\"tokens\": {\"ci\": \"abcd1234efgh\"}}", "{\"tokens\": {\"ci\": \"" HIDDEN "\"}}" },
		{ "secret_access_key: |\n  abc123def456\nregion: x", "secret_access_key: |\n  " HIDDEN "\nregion: x" },
		{ "a:\n  password: >-\n    hunter22\n    hunter23\n  user: bob12345",
		  "a:\n  password: >-\n    " HIDDEN "\n    " HIDDEN "\n  user: bob12345" },
		{ "- api_key: |2\r\n    abc123def456\r\n", "- api_key: |2\r\n    " HIDDEN "\r\n" },
		/* tokens of language models, and their number */
		{ "{\"tokens\":[1,2,3]}", NULL },
		{ "{\"tokens\":[\"the\",\"cat\",\"world1\"]}", NULL },
		{ "{\"tokens\":[\"internationalization2\",\"2026-11-30T12:00:00\",\"covid-19-vaccine-2\",\"123456789012\"]}",
		  NULL },
		{ "{\"tokens\":{\"prompt\":12,\"model\":\"gpt-4o-2024-08-06\"}}", NULL },
		{ "{\"max_tokens\":[\"abcd1234efgh\"]}", NULL },
		{ "tokens = [\"abcd1234efgh\"]", NULL },
		/* texts, and what is not in the block */
		{ "password: |\n  Enter your password2 here\n", NULL },
		{ "password: |\nabc123def456\n", NULL },
		{ "  password: |\n abc123def456\n", NULL },
		{ "note: |\n  abc123def456\n", NULL },
		{ "password: | abc\n  def\n", NULL },
		{ "token: |\n  string\n", NULL },
		{ "x password: |\n  abc123def456\n", NULL },
	};

	(void)state;
	gt_redacted_check_rows(rows, GT_ROWS(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_named_value_of_a_member_of_json_is_hidden_whatever_its_type),
		GT_TEST(test_named_value_ends_where_its_document_says),
		GT_TEST(test_named_value_of_a_pair_is_hidden_in_either_order),
		GT_TEST(test_named_value_schemas_of_secrets_stay),
		GT_TEST(test_named_value_of_letters_is_hidden_where_no_program_writes_it),
		GT_TEST(test_named_value_with_a_digit_is_hidden_as_it_always_was),
		GT_TEST(test_named_value_of_header_fields_and_of_curl_is_hidden),
		GT_TEST(test_named_value_of_calls_and_of_strong_header_fields_is_hidden),
		GT_TEST(test_named_value_of_lists_of_tokens_and_of_yaml_blocks_is_hidden),
		GT_TEST(test_named_value_of_short_and_foreign_names_is_hidden),
	};

	return GT_TESTS(tests);
}
