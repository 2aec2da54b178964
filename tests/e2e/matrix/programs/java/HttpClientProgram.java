import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;

/** Sends each request with java.net.http: BASE LISTING. Beside LISTING are a path, a body and fields for each. */
class HttpClientProgram {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        Path folder = Path.of(arguments[1]).getParent();
        for (int i = 0; Files.exists(folder.resolve(i + ".path")); i++) {
            URI uri = URI.create(arguments[0] + Files.readString(folder.resolve(i + ".path")));
            HttpRequest.Builder request = HttpRequest.newBuilder(uri);
            for (String field : Files.readAllLines(folder.resolve(i + ".fields"))) {
                request.header(field.substring(0, field.indexOf(':')), field.substring(field.indexOf(':') + 2));
            }
            request.POST(HttpRequest.BodyPublishers.ofFile(folder.resolve(i + ".body")));
            HttpResponse<String> reply = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            System.out.println(reply.statusCode());
            System.out.println(reply.body());
        }
    }
}
