package dev.howdah.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP server that answers as the API does, a home that points to it, and the CLI in front. */
final class TestApi implements AutoCloseable {
    static final String TOKEN = "howdah_sk_0123456789";

    /** What a command did. */
    record Outcome(int exitCode, String out, String error) {}

    /** What came over the wire; the path undecoded. */
    record Request(String method, String path, String token, String body) {}

    private record Answer(int status, String type, String body, Map<String, String> headers) {}

    private final HttpServer server;
    private final Path home;
    private final Map<String, Queue<Answer>> answers = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();

    TestApi(Path home) throws IOException {
        this.home = home;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
        Files.createDirectories(home.resolve("run"));
        Files.writeString(home.resolve("run/api.json"), "{\"url\": \"%s\"}".formatted(url()));
        Files.writeString(home.resolve("run/token"), TOKEN + "\n");
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    Path home() {
        return home;
    }

    /** The next answer to this request; the last one given is repeated. */
    TestApi answer(String request, int status, String body) {
        var type = status < 400 ? "application/json" : "application/problem+json";
        return add(request, new Answer(status, type, body, Map.of()));
    }

    TestApi busy(String request, int seconds) {
        var body = problem(503, "cannot_connect_now", "the platform is starting", "Wait.");
        return add(
                request,
                new Answer(503, "application/problem+json", body, Map.of("Retry-After", String.valueOf(seconds))));
    }

    TestApi answerWithText(String request, int status, String text) {
        return add(request, new Answer(status, "text/html", text, Map.of()));
    }

    private TestApi add(String request, Answer answer) {
        answers.computeIfAbsent(request, _ -> new ArrayDeque<>()).add(answer);
        return this;
    }

    static String problem(int status, String code, String detail, String hint) {
        return """
                {"type": "urn:howdah:problem:%s", "title": "Refused", "status": %d, "detail": "%s", "instance": "/", "code": "%s", "hint": "%s", "request_id": "r1"}""".formatted(code, status, detail, code, hint);
    }

    List<Request> requests() {
        return requests;
    }

    Request lastRequest() {
        return requests.getLast();
    }

    Outcome run(String... arguments) {
        return run(Map.of(), arguments);
    }

    Outcome run(Map<String, String> variables, String... arguments) {
        var all = new HashMap<>(Map.of("HOWDAH_HOME", home.toString()));
        all.putAll(variables);
        return execute(environment(all), arguments);
    }

    static Environment environment(Map<String, String> variables) {
        var nothing = java.io.InputStream.nullInputStream();
        return new Environment(variables, "alice", Path.of("/home/alice"), "", nothing, InstantSource.system());
    }

    static Outcome execute(Environment environment, String... arguments) {
        var out = new StringWriter();
        var error = new StringWriter();
        var line = HowdahCli.commandLine(environment, List.of(arguments));
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(error));
        var exitCode = line.execute(arguments);
        return new Outcome(exitCode, out.toString(), error.toString());
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getRawPath();
            var query = exchange.getRequestURI().getRawQuery();
            var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            var token = String.join("", exchange.getRequestHeaders().getOrDefault("Authorization", List.of()));
            requests.add(
                    new Request(exchange.getRequestMethod(), query == null ? path : path + "?" + query, token, body));
            send(exchange, next(exchange.getRequestMethod() + " " + path));
        }
    }

    private synchronized Answer next(String request) {
        var queue = answers.get(request);
        if (queue == null) {
            var body = problem(404, "undefined_object", "nothing at " + request, "");
            return new Answer(404, "application/problem+json", body, Map.of());
        }
        var answer = queue.size() > 1 ? queue.poll() : queue.peek();
        if (answer == null) {
            throw new IllegalStateException("no answer left for " + request);
        }
        return answer;
    }

    private static void send(HttpExchange exchange, Answer answer) {
        try {
            exchange.getResponseHeaders().add("Content-Type", answer.type());
            answer.headers().forEach(exchange.getResponseHeaders()::add);
            var bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The lines of a text without their ends. */
    static List<String> lines(String text) {
        return new ArrayList<>(text.lines().toList());
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
