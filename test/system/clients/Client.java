import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/** Sends requests with the defaults of HttpClient, which offers an upgrade to h2c; prints kind, status and body of each response. */
class Client {
  static final int LARGE = 16 << 20;
  static final HttpClient CLIENT = HttpClient.newHttpClient();
  static String url;

  public static void main(String[] arguments) throws Exception {
    url = arguments[0];
    var ping = BodyPublishers.ofString("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}");
    post("served", ping, "application/json", "");
    post("served again", ping, "application/json", "");
    post("charset", ping, "application/json; charset=UTF8", "");
    for (int round = 0; round < 3; round += 1) {
      post("large", BodyPublishers.ofByteArray(new byte[LARGE]), "application/json", "");
      var chunks = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[LARGE]));
      post("chunked", chunks, "application/json", "");
      post("headers", ping, "application/json", "x".repeat(20_000));
    }
    post("after all", ping, "application/json", "");
  }

  static void post(String kind, BodyPublisher body, String type, String padding) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(url))
        .header("Content-Type", type)
        .header("Accept", "application/json, text/event-stream")
        .header("X-Padding", padding)
        .POST(body)
        .build();
    var response = CLIENT.send(request, BodyHandlers.ofString());
    System.out.println(kind + "\t" + response.statusCode() + "\t" + response.body());
  }
}
