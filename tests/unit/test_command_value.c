/* Secrets on lines of words: options of commands, .netrc, Dockerfiles; and the same words where they mean something else.
 * All secrets are made up. */
#include "support/redacted.h"
#include "support/test.h"

#define HIDDEN "[redacted:password]"

static void test_command_value_of_curl_is_hidden(void **state)
{
	static const struct gt_redacted_row rows[] = {
		{ "curl -uadmin:hunter2 http://x", "curl -uadmin:" HIDDEN " http://x" },
		{ "curl -sSu admin:hunter2 http://x", "curl -sSu admin:" HIDDEN " http://x" },
		{ "curl -u 'admin:hun ter' http://x", "curl -u 'admin:" HIDDEN "' http://x" },
		{ "curl --user=admin:hunter2 http://x", "curl --user=admin:" HIDDEN " http://x" },
		{ "curl -Uproxy:hunter2 http://x", "curl -Uproxy:" HIDDEN " http://x" },
		{ "[\"curl\", \"-u\", \"admin:letters\"]", "[\"curl\", \"-u\", \"admin:" HIDDEN "\"]" },
		{ "curl -u admin: http://x", NULL },
		{ "curl -u \"$USER:$PASSWORD\" http://x", NULL },
		{ "curl -uhttp://x", NULL },
		{ "curl http://x -output a:b", NULL },
	};

	(void)state;
	gt_redacted_check_rows(rows, GT_ROWS(rows));
}

static void test_command_value_of_databases_is_hidden(void **state)
{
	static const struct gt_redacted_row rows[] = {
		{ "mysql -pS3cretPw! db", "mysql -p" HIDDEN " db" },
		{ "mysql -u root -psecretpass", "mysql -u root -p" HIDDEN },
		{ "mysqldump -h db -uroot -p'S3cret Pw' x > y", "mysqldump -h db -uroot -p'" HIDDEN "' x > y" },
		{ "docker exec db mysql -uroot -pS3cretPw x", "docker exec db mysql -uroot -p" HIDDEN " x" },
		{ "mysql \\\n  -h db \\\n  -pS3cretPw", "mysql \\\n  -h db \\\n  -p" HIDDEN },
		{ "mariadb-admin -phunter2x ping", "mariadb-admin -p" HIDDEN " ping" },
		{ "[\"mysql\",\"-pS3cretPw\",\"db\"]", "[\"mysql\",\"-p" HIDDEN "\",\"db\"]" },
		{ "redis-cli -a hunter2abc get k", "redis-cli -a " HIDDEN " get k" },
		{ "redis-cli -h db -a secretword", "redis-cli -h db -a " HIDDEN },
		{ "[\"redis-cli\", \"-a\", \"hunter2abc\"]", "[\"redis-cli\", \"-a\", \"" HIDDEN "\"]" },
		{ "mongosh -u bob -p hunter2abc db", "mongosh -u bob -p " HIDDEN " db" },
		{ "mongodump -u bob -phunter2abc", "mongodump -u bob -p" HIDDEN },
		{ "ldapsearch -D cn=x -w hunter2abc -b dc=y", "ldapsearch -D cn=x -w " HIDDEN " -b dc=y" },
		/* ports, other options, other commands, placeholders */
		{ "mysql -p 3306 db", NULL },
		{ "mysql -u root -p db_name1", NULL },
		{ "mysql -P3306 -h 10.0.0.1", NULL },
		{ "mysql -p$MYSQL_PASSWORD db", NULL },
		{ "mysql -p\"${PW}\" db", NULL },
		{ "mysql -p<password> db", NULL },
		{ "mysql -ppassword db", NULL },
		{ "mysql -pyour_password db", NULL },
		{ "mysql -password x", NULL },
		{ "mysql -protocol tcp", NULL },
		{ "docker run --name mysql -p3306:3306 mysql:8", NULL },
		{ "docker run --name mysql -p 13306:3306 mysql:8", NULL },
		{ "docker run --name mysql -p127.0.0.1:3306:3306 mysql:8", NULL },
		{ "docker run --name mongo -p 27017:27017 mongo", NULL },
		{ "find /var/lib -name mysql -print0", NULL },
		{ "mysql and then\nmkdir -parents1 x", NULL },
		{ "psql -p54321 -h db", NULL },
		{ "redis-cli -p 6379 -a", NULL },
		{ "redis-cli -a $REDIS_PASSWORD", NULL },
		{ "redis-cli --pipe", NULL },
		{ "redis-cli -a your_password_1", NULL },
		{ "ls -a hunter2abc", NULL },
		{ "a mongo collection -p means print", NULL },
		{ "mongosh -u bob -p --authenticationDatabase admin1", NULL },
	};

	(void)state;
	gt_redacted_check_rows(rows, GT_ROWS(rows));
}

static void test_command_value_of_logins_is_hidden(void **state)
{
	static const struct gt_redacted_row rows[] = {
		{ "sshpass -p hunter2go ssh -p 2222 x", "sshpass -p " HIDDEN " ssh -p 2222 x" },
		{ "sshpass -phunter2go scp a b", "sshpass -p" HIDDEN " scp a b" },
		{ "sshpass -v -p 'two words' ssh x", "sshpass -v -p '" HIDDEN "' ssh x" },
		{ "[\"sshpass\", \"-p\", \"letters\", \"ssh\"]", "[\"sshpass\", \"-p\", \"" HIDDEN "\", \"ssh\"]" },
		{ "docker login -u bob -p hunter2go reg.io", "docker login -u bob -p " HIDDEN " reg.io" },
		{ "machine x login y password hunter2", "machine x login y password " HIDDEN },
		{ "machine x\n  login y\n  password letters\nmachine z",
		  "machine x\n  login y\n  password " HIDDEN "\nmachine z" },
		{ "default login y password hunter2", "default login y password " HIDDEN },
		{ "FROM x\nENV API_KEY abcdefgh1234\nRUN y", "FROM x\nENV API_KEY " HIDDEN "\nRUN y" },
		{ "ENV API_KEY \"abcdefgh1234\"", "ENV API_KEY \"" HIDDEN "\"" },
		{ "  setenv DB_PASSWORD hunter2x", "  setenv DB_PASSWORD " HIDDEN },
		{ "sshpass -e ssh -p 22222 x", NULL },
		{ "sshpass -p $PASS ssh x", NULL },
		{ "sshpass -p <password> ssh x", NULL },
		{ "sshpass -f file12 ssh x", NULL },
		{ "ssh login -p 22222", NULL },
		{ "the login -p prints it", NULL },
		{ "docker login -p $TOKEN reg.io", NULL },
		{ "the login name and the password are wrong", NULL },
		{ "your login or password incorrect", NULL },
		{ "a login page password field", NULL },
		{ "login form, password reset", NULL },
		{ "machine learning login and password rules", NULL },
		{ "a login and a password\nlogin_1 = 0", NULL },
		{ "machine, login, password\n  login_1 = 0", NULL },
		{ "machine a login b password\n  login_1 = 0", NULL },
		{ "ENV PATH /usr/local/bin2", NULL },
		{ "ENV API_KEY $OTHER_KEY", NULL },
		{ "set ENV API_KEY to abcdefgh1234", NULL },
		{ "ENVIRONMENT API_KEY abcdefgh1234", NULL },
	};

	(void)state;
	gt_redacted_check_rows(rows, GT_ROWS(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GT_TEST(test_command_value_of_curl_is_hidden),
		GT_TEST(test_command_value_of_databases_is_hidden),
		GT_TEST(test_command_value_of_logins_is_hidden),
	};

	return GT_TESTS(tests);
}
