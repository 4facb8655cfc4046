package zoo;

import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncPromptSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncResourceSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncResourceTemplateSpecification;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.server.transport.HttpServletSseServerTransportProvider;
import io.modelcontextprotocol.server.transport.HttpServletStreamableServerTransportProvider;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import jakarta.servlet.http.HttpServlet;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;

/** The zoo's server on the Java SDK. The library does not tell a synchronous tool that its call was cancelled. */
final class Server {
    private static final String BYTES = "AAF/gP8=";

    static void serve(String transport, int port) throws Exception {
        if (transport.equals("stdio")) {
            complete(McpServer.sync(new StdioServerTransportProvider(Steps.JSON)));
            Thread.currentThread().join();
        } else if (transport.equals("sse")) {
            var provider = HttpServletSseServerTransportProvider.builder().jsonMapper(Steps.JSON).sseEndpoint("/sse").messageEndpoint("/messages").build();
            complete(McpServer.sync(provider));
            listen(provider, port);
        } else {
            var provider = HttpServletStreamableServerTransportProvider.builder().jsonMapper(Steps.JSON).mcpEndpoint("/mcp").build();
            complete(McpServer.sync(provider));
            listen(provider, port);
        }
    }

    private static void listen(HttpServlet servlet, int port) throws Exception {
        var server = new org.eclipse.jetty.server.Server(new InetSocketAddress("127.0.0.1", port));
        var context = new ServletContextHandler();
        var holder = new ServletHolder(servlet);
        holder.setAsyncSupported(true);
        context.addServlet(holder, "/*");
        server.setHandler(context);
        server.start();
        server.join();
    }

    private static void complete(McpServer.SyncSpecification<?> server) {
        server.serverInfo("zoo", "1.0.0")
                .instructions("A server for comparisons.")
                .capabilities(McpSchema.ServerCapabilities.builder().tools(true).resources(false, true).prompts(true).logging().build())
                .resources(
                        resource("note", "zoo://note", new McpSchema.TextResourceContents("zoo://note", "text/plain", "a note with ä and 🦄")),
                        resource("bytes", "zoo://bytes", new McpSchema.BlobResourceContents("zoo://bytes", "application/octet-stream", BYTES)))
                .resourceTemplates(new SyncResourceTemplateSpecification(
                        McpSchema.ResourceTemplate.builder("zoo://item/{item}", "item").mimeType("text/plain").build(),
                        (exchange, request) -> new McpSchema.ReadResourceResult(List.of(new McpSchema.TextResourceContents(
                                request.uri(), "text/plain", "item " + request.uri().substring("zoo://item/".length()))))))
                .prompts(new SyncPromptSpecification(
                        new McpSchema.Prompt("greet", "Greets somebody.", List.of(new McpSchema.PromptArgument("name", null, true))),
                        (exchange, request) -> new McpSchema.GetPromptResult(null, List.of(new McpSchema.PromptMessage(
                                McpSchema.Role.USER, text("Say hello to " + request.arguments().get("name") + "."))))));
        addTools(server);
        server.build();
    }

    private static void addTools(McpServer.SyncSpecification<?> server) {
        Map<String, Object> integer = Map.of("type", "integer");
        Map<String, Object> string = Map.of("type", "string");
        add(server, "echo", Map.of("text", string), (exchange, call) -> said(String.valueOf(call.arguments().get("text"))));
        add(server, "sum", Map.of("a", integer, "b", integer), (exchange, call) -> {
            int sum = ((Number) call.arguments().get("a")).intValue() + ((Number) call.arguments().get("b")).intValue();
            return CallToolResult.builder().addTextContent("{\"sum\":" + sum + "}").structuredContent(Map.of("sum", sum)).build();
        });
        add(server, "nothing", Map.of(), (exchange, call) -> CallToolResult.builder().content(List.of()).build());
        add(server, "fail", Map.of("reason", string), (exchange, call) ->
                CallToolResult.builder().addTextContent("it failed: " + call.arguments().get("reason")).isError(true).build());
        add(server, "picture", Map.of(), (exchange, call) -> CallToolResult.builder()
                .addTextContent("a picture")
                .addContent(McpSchema.ImageContent.builder(BYTES, "image/png").build())
                .addContent(McpSchema.ResourceLink.builder().uri("zoo://note").name("note").build())
                .addContent(McpSchema.EmbeddedResource.builder(new McpSchema.BlobResourceContents("zoo://bytes", "application/octet-stream", BYTES)).build())
                .build());
        add(server, "work", Map.of("steps", integer), Server::work);
        add(server, "ask", Map.of(), Server::ask);
        add(server, "wait", Map.of(), (exchange, call) -> {
            report(exchange, call, 1, 2, "waiting");
            pause(2_000);
            return said("waited");
        });
        add(server, "cancelled", Map.of(), (exchange, call) -> said("the library does not say"));
    }

    private static CallToolResult work(McpSyncServerExchange exchange, CallToolRequest call) {
        exchange.loggingNotification(McpSchema.LoggingMessageNotification.builder(McpSchema.LoggingLevel.INFO, "at work").logger("zoo").build());
        int steps = ((Number) call.arguments().get("steps")).intValue();
        for (int step = 1; step <= steps; step++) report(exchange, call, step, steps, "step " + step);
        // A client that gets progress and result in one piece may not have seen the progress before the result.
        pause(200);
        return said("done");
    }

    private static CallToolResult ask(McpSyncServerExchange exchange, CallToolRequest call) {
        var answer = exchange.createElicitation(McpSchema.ElicitRequest.builder(
                        "What is your name?", schema(Map.of("name", Map.of("type", "string"))))
                .build());
        return said(String.valueOf(answer.content().get("name")));
    }

    private static void report(McpSyncServerExchange exchange, CallToolRequest call, int done, int total, String message) {
        Object token = call.meta() == null ? null : call.meta().get("progressToken");
        if (token != null) exchange.progressNotification(new McpSchema.ProgressNotification(token, done, (double) total, message));
    }

    private static void add(
            McpServer.SyncSpecification<?> server,
            String name,
            Map<String, Object> properties,
            BiFunction<McpSyncServerExchange, CallToolRequest, CallToolResult> handler) {
        server.toolCall(McpSchema.Tool.builder(name, schema(properties)).description("The tool " + name + ".").build(), handler);
    }

    private static Map<String, Object> schema(Map<String, Object> properties) {
        // The order of a Map.of changes from run to run, and clients show it.
        var sorted = new java.util.TreeMap<>(properties);
        return Map.of("type", "object", "properties", sorted, "required", List.copyOf(sorted.keySet()));
    }

    private static SyncResourceSpecification resource(String name, String uri, McpSchema.ResourceContents contents) {
        return new SyncResourceSpecification(
                McpSchema.Resource.builder(uri, name).mimeType(contents.mimeType()).build(),
                (exchange, request) -> new McpSchema.ReadResourceResult(List.of(contents)));
    }

    private static McpSchema.TextContent text(String said) {
        return McpSchema.TextContent.builder(said).build();
    }

    private static CallToolResult said(String text) {
        return CallToolResult.builder().addTextContent(text).build();
    }

    private static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }
}
