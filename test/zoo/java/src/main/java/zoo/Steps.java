package zoo;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.spec.McpError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Runs the steps of the zoo with a client in Java, and prints a line of JSON for each. */
final class Steps {
    static final McpJsonMapper JSON = McpJsonDefaults.getMapper();
    /** Far more than a notification needs that is already on its way. */
    private static final long WAIT_MS = 5_000;

    /** What a library offers. An operation that it does not offer throws {@link Absent}. */
    interface Client {
        Object initialized();

        /** What the server may ask of this client, and {@code progress} where it shows progress. */
        List<String> can();

        Object ping();

        Object tools();

        Object call(String tool, Map<String, Object> arguments, Consumer<Object> onProgress);

        Object resources();

        Object templates();

        Object read(String uri);

        Object prompts();

        Object prompt(String name, Map<String, Object> arguments);

        Object complete(String prompt, String argument, String value);

        Object level(String level);

        void close();
    }

    static final class Absent extends RuntimeException {}

    interface Connect {
        Client connect(Map<String, Object> target, List<Object> logs);
    }

    private final Client client;
    private final List<Object> logs;
    private boolean isLogging = false;

    private Steps(Client client, List<Object> logs) {
        this.client = client;
        this.logs = logs;
    }

    static void run(String input, Connect connect) throws Exception {
        List<?> read = JSON.readValue(input, List.class);
        List<Object> logs = new CopyOnWriteArrayList<>();
        Client client = connect.connect(object(read.get(0)), logs);
        show(line("initialize", Map.of("result", client.initialized())));
        Steps steps = new Steps(client, logs);
        for (Object step : (List<?>) read.get(1)) steps.take(object(step));
        client.close();
    }

    private void take(Map<String, Object> step) throws Exception {
        String kind = text(step, "do");
        String subject = text(step, "tool") + text(step, "name") + text(step, "uri");
        show(line(subject.isEmpty() ? kind : kind + " " + subject, outcome(kind, step)));
    }

    private Map<String, Object> outcome(String kind, Map<String, Object> step) throws Exception {
        String needs = kind.equals("cancel") ? kind : text(step, "needs");
        if (!needs.isEmpty() && !client.can().contains(needs)) return Map.of("absent", true);
        try {
            return kind.equals("call") ? call(step) : result(request(kind, step));
        } catch (Absent absent) {
            return Map.of("absent", true);
        } catch (RuntimeException error) {
            return Map.of("error", errorOf(error));
        }
    }

    private Object request(String kind, Map<String, Object> step) {
        return switch (kind) {
            case "ping" -> client.ping();
            case "tools" -> client.tools();
            case "resources" -> client.resources();
            case "templates" -> client.templates();
            case "read" -> client.read(text(step, "uri"));
            case "prompts" -> client.prompts();
            case "prompt" -> client.prompt(text(step, "name"), object(step.get("arguments")));
            case "complete" -> client.complete(text(step, "prompt"), text(step, "argument"), text(step, "value"));
            case "level" -> {
                Object result = client.level(text(step, "level"));
                isLogging = true;
                yield result;
            }
            default -> throw new Absent();
        };
    }

    private Map<String, Object> call(Map<String, Object> step) throws Exception {
        int wanted = client.can().contains("progress") ? number(step, "progress") : 0;
        int wantedLogs = isLogging ? number(step, "logs") : 0;
        List<Object> progress = new CopyOnWriteArrayList<>();
        Map<String, Object> arguments = step.containsKey("arguments") ? object(step.get("arguments")) : null;
        Object result = client.call(text(step, "tool"), arguments, wanted > 0 ? progress::add : null);
        until(() -> progress.size() >= wanted);
        until(() -> logs.size() >= wantedLogs);
        Map<String, Object> line = new LinkedHashMap<>(result(result));
        line.put("progress", List.copyOf(progress).subList(0, Math.min(wanted, progress.size())));
        List<Object> shown = new ArrayList<>();
        while (shown.size() < wantedLogs && !logs.isEmpty()) shown.add(logs.remove(0));
        line.put("logs", shown);
        return line;
    }

    private static Map<String, Object> result(Object value) {
        return Map.of("result", value == null ? "nothing" : value);
    }

    private static Map<String, Object> errorOf(Throwable error) {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("name", error.getClass().getSimpleName());
        said.put("message", String.valueOf(error.getMessage()));
        if (error instanceof McpError wire && wire.getJsonRpcError() != null) said.put("wire", wire.getJsonRpcError());
        return said;
    }

    /** Waits until the claim holds, for a bounded time: the transcript then shows what is missing. */
    private static void until(BooleanSupplier claim) throws InterruptedException {
        long endsAt = System.nanoTime() + WAIT_MS * 1_000_000;
        while (!claim.getAsBoolean() && System.nanoTime() < endsAt) Thread.sleep(5);
    }

    private static Map<String, Object> line(String step, Map<String, Object> outcome) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("do", step);
        line.putAll(outcome);
        return line;
    }

    private static void show(Object line) throws Exception {
        System.out.write((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }

    static String text(Map<String, Object> step, String name) {
        return step.get(name) instanceof String value ? value : "";
    }

    private static int number(Map<String, Object> step, String name) {
        return step.get(name) instanceof Number value ? value.intValue() : 0;
    }
}
