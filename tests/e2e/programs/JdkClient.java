import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Posts with java.net.http, which offers `Upgrade: h2c` by itself: JdkClient URL BODY TIMES. */
public class JdkClient {
	public static void main(String[] args) throws Exception {
		HttpClient client = HttpClient.newHttpClient();
		for (int i = 0; i < Integer.parseInt(args[2]); i++) {
			HttpRequest request = HttpRequest.newBuilder(URI.create(args[0])).header("Content-Type", "application/json")
				.POST(HttpRequest.BodyPublishers.ofString(args[1])).build();
			System.out.println(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
		}
	}
}
