package zoo;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.mcp.client.DefaultMcpClient;
import dev.langchain4j.mcp.client.McpClient;
import dev.langchain4j.mcp.client.McpRoot;
import dev.langchain4j.mcp.client.transport.McpTransport;
import dev.langchain4j.mcp.client.transport.http.HttpMcpTransport;
import dev.langchain4j.mcp.client.transport.http.StreamableHttpMcpTransport;
import dev.langchain4j.mcp.client.transport.stdio.StdioMcpTransport;
import dev.langchain4j.service.tool.ToolExecutionResult;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The client of langchain4j-mcp, which shows no progress and asks no user. */
final class LangChainClient implements Steps.Client {
    private final McpClient client;

    LangChainClient(Map<String, Object> target, List<Object> logs) {
        client = DefaultMcpClient.builder()
                .transport(transportTo(target))
                .clientName("zoo")
                .clientVersion("1.0.0")
                .initializationTimeout(Duration.ofSeconds(60))
                .toolExecutionTimeout(Duration.ofSeconds(60))
                .autoHealthCheck(false)
                .roots(List.of(new McpRoot("work", "file:///work")))
                .build();
    }

    @SuppressWarnings({"unchecked", "deprecation"})
    private static McpTransport transportTo(Map<String, Object> target) {
        if (target.get("http") instanceof String url) return StreamableHttpMcpTransport.builder().url(url).build();
        if (target.get("sse") instanceof String url) return HttpMcpTransport.builder().sseUrl(url).build();
        return StdioMcpTransport.builder().command((List<String>) target.get("stdio")).build();
    }

    @Override
    public Object initialized() {
        return "connected";
    }

    @Override
    public List<String> can() {
        return List.of("roots");
    }

    @Override
    public Object ping() {
        client.checkHealth();
        return null;
    }

    @Override
    public Object tools() {
        return shown(client.listTools());
    }

    @Override
    public Object call(String tool, Map<String, Object> arguments, Consumer<Object> onProgress) {
        try {
            String input = arguments == null ? "{}" : Steps.JSON.writeValueAsString(arguments);
            ToolExecutionResult result = client.executeTool(
                    ToolExecutionRequest.builder().name(tool).arguments(input).build());
            return Map.of(
                    "isError", result.isError(),
                    "result", String.valueOf(result.result()),
                    "text", String.valueOf(result.resultText()));
        } catch (java.io.IOException error) {
            throw new java.io.UncheckedIOException(error);
        }
    }

    @Override
    public Object resources() {
        return shown(client.listResources());
    }

    @Override
    public Object templates() {
        return shown(client.listResourceTemplates());
    }

    @Override
    public Object read(String uri) {
        return shown(client.readResource(uri).contents());
    }

    @Override
    public Object prompts() {
        return shown(client.listPrompts());
    }

    @Override
    public Object prompt(String name, Map<String, Object> arguments) {
        return shown(client.getPrompt(name, arguments).messages());
    }

    @Override
    public Object complete(String prompt, String argument, String value) {
        throw new Steps.Absent();
    }

    @Override
    public Object level(String level) {
        throw new Steps.Absent();
    }

    @Override
    public void close() {
        try {
            client.close();
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    /** The library's own text of each item: its classes are no records. */
    private static Object shown(List<?> items) {
        return items.stream().map(String::valueOf).toList();
    }
}
