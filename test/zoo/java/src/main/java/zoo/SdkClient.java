package zoo;

import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientSseClientTransport;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The synchronous client of the Java SDK. It cannot cancel a call. */
final class SdkClient implements Steps.Client {
    private final McpSyncClient client;
    private final Object initialized;
    /** By progress token. */
    private final Map<String, Consumer<Object>> progress = new ConcurrentHashMap<>();

    SdkClient(Map<String, Object> target, List<Object> logs) {
        client = McpClient.sync(transportTo(target))
                .requestTimeout(Duration.ofSeconds(60))
                .initializationTimeout(Duration.ofSeconds(60))
                .clientInfo(McpSchema.Implementation.builder("zoo", "1.0.0").build())
                .capabilities(McpSchema.ClientCapabilities.builder().roots(true).sampling().elicitation().build())
                .roots(new McpSchema.Root("file:///work", "work"))
                .sampling(request -> McpSchema.CreateMessageResult.builder(
                                McpSchema.Role.ASSISTANT, McpSchema.TextContent.builder("because").build(), "none")
                        .build())
                .elicitation(request -> McpSchema.ElicitResult.builder(McpSchema.ElicitResult.Action.ACCEPT)
                        .content(Map.of("name", "Ada"))
                        .build())
                .loggingConsumer(logs::add)
                .progressConsumer(sent -> progress.getOrDefault(String.valueOf(sent.progressToken()), ignored -> {})
                        .accept(sent))
                .build();
        initialized = client.initialize();
    }

    private static McpClientTransport transportTo(Map<String, Object> target) {
        if (target.get("http") instanceof String url)
            return HttpClientStreamableHttpTransport.builder(originOf(url)).endpoint("/mcp").build();
        if (target.get("sse") instanceof String url)
            return HttpClientSseClientTransport.builder(originOf(url)).sseEndpoint("/sse").build();
        @SuppressWarnings("unchecked")
        List<String> words = (List<String>) target.get("stdio");
        ServerParameters program = ServerParameters.builder(words.get(0)).args(words.subList(1, words.size())).build();
        StdioClientTransport transport = new StdioClientTransport(program, Steps.JSON);
        transport.setStdErrorHandler(ignored -> {});
        return transport;
    }

    private static String originOf(String url) {
        return url.substring(0, url.lastIndexOf('/'));
    }

    @Override
    public Object initialized() {
        return initialized;
    }

    @Override
    public List<String> can() {
        return List.of("sampling", "elicitation", "roots", "progress");
    }

    @Override
    public Object ping() {
        return client.ping();
    }

    @Override
    public Object tools() {
        return client.listTools();
    }

    @Override
    public Object call(String tool, Map<String, Object> arguments, Consumer<Object> onProgress) {
        McpSchema.CallToolRequest.Builder request = McpSchema.CallToolRequest.builder(tool);
        if (arguments != null) request.arguments(arguments);
        if (onProgress != null) {
            String token = "progress-" + progress.size();
            progress.put(token, onProgress);
            request.progressToken(token);
        }
        return client.callTool(request.build());
    }

    @Override
    public Object resources() {
        return client.listResources();
    }

    @Override
    public Object templates() {
        return client.listResourceTemplates();
    }

    @Override
    public Object read(String uri) {
        return client.readResource(McpSchema.ReadResourceRequest.builder(uri).build());
    }

    @Override
    public Object prompts() {
        return client.listPrompts();
    }

    @Override
    public Object prompt(String name, Map<String, Object> arguments) {
        return client.getPrompt(new McpSchema.GetPromptRequest(name, arguments));
    }

    @Override
    public Object complete(String prompt, String argument, String value) {
        return client.completeCompletion(new McpSchema.CompleteRequest(
                new McpSchema.PromptReference(prompt), new McpSchema.CompleteRequest.CompleteArgument(argument, value)));
    }

    @Override
    public Object level(String level) {
        client.setLoggingLevel(McpSchema.LoggingLevel.valueOf(level.toUpperCase()));
        return null;
    }

    @Override
    public void close() {
        client.closeGracefully();
    }
}
