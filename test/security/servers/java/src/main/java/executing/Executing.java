package executing;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.transport.HttpServletStatelessServerTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.catalina.startup.Tomcat;

/** A server of the Java SDK whose tools write down the arguments that Jackson made for them: {@code Executing PORT}. */
public final class Executing {
  private static final Path RECORD = Path.of(System.getenv("RECORD_FILE"));
  private static final McpJsonMapper MAPPER = McpJsonDefaults.getMapper();

  record Nothing() {}

  record Pay(double amount) {}

  record Target(String path) {}

  record Options(double amount) {}

  record Order(Options opts) {}

  record Typed(Boolean force, Integer uid, List<Integer> nums, Options detail, String mode) {
    /** With the values that the tool takes for what is missing. */
    Map<String, Object> effective() {
      var values = new HashMap<String, Object>();
      values.put("force", force != null && force);
      values.put("uid", uid == null ? 1 : uid);
      values.put("nums", nums == null ? List.of() : nums);
      values.put("detail", detail == null ? new Options(0) : detail);
      values.put("mode", mode == null ? "test" : mode);
      return values;
    }
  }

  private static final Map<String, Class<?>> TOOLS = Map.of(
      "safe", Nothing.class, "danger", Nothing.class, "pay", Pay.class, "write", Target.class, "order", Order.class,
      "typed", Typed.class);

  private static final Map<String, Object> NUMBER = Map.of("type", "number");

  private static Map<String, Object> object(Map<String, Object> properties) {
    return Map.of("type", "object", "properties", properties);
  }

  private static final Map<String, Map<String, Object>> PROPERTIES = Map.of(
      "pay", Map.of("amount", NUMBER),
      "write", Map.of("path", Map.of("type", "string")),
      "order", Map.of("opts", object(Map.of("amount", NUMBER))),
      "typed", Map.of(
          "force", Map.of("type", "boolean"),
          "uid", Map.of("type", "integer"),
          "nums", Map.of("type", "array", "items", Map.of("type", "integer")),
          "detail", object(Map.of("amount", NUMBER)),
          "mode", Map.of("type", "string")));

  private static synchronized CallToolResult run(String tool, Map<String, Object> given) {
    Object args = MAPPER.convertValue(given == null ? Map.of() : given, TOOLS.get(tool));
    Object effective = args instanceof Typed typed ? typed.effective() : args;
    try {
      String line = MAPPER.writeValueAsString(Map.of("tool", tool, "args", effective)) + "\n";
      Files.writeString(RECORD, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (java.io.IOException failure) {
      throw new java.io.UncheckedIOException(failure);
    }
    return CallToolResult.builder().addTextContent(tool + " ran").build();
  }

  public static void main(String[] arguments) throws Exception {
    var transport = HttpServletStatelessServerTransport.builder().messageEndpoint("/mcp").build();
    var specification = McpServer.sync(transport)
        .serverInfo("java-executing", "1.0.0")
        .capabilities(ServerCapabilities.builder().tools(true).build())
        .validateToolInputs(false);
    for (String name : TOOLS.keySet()) {
      Map<String, Object> schema = object(PROPERTIES.getOrDefault(name, Map.of()));
      specification.toolCall(Tool.builder(name, schema).build(), (context, request) -> run(name, request.arguments()));
    }
    specification.build();
    var tomcat = new Tomcat();
    tomcat.setBaseDir(Files.createTempDirectory("executing-").toString());
    tomcat.setPort(Integer.parseInt(arguments[0]));
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    var context = tomcat.addContext("", null);
    Tomcat.addServlet(context, "mcp", transport).setAsyncSupported(true);
    context.addServletMappingDecoded("/*", "mcp");
    tomcat.start();
    tomcat.getServer().await();
  }
}
