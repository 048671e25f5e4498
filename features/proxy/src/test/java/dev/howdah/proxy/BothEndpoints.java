package dev.howdah.proxy;

import static dev.howdah.proxy.TestProxy.BRANCH;
import static dev.howdah.proxy.TestProxy.PASSWORD;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.NoticeResponse;
import dev.howdah.wire.BackendMessage.ReadyForQuery;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.ProtocolVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Two clients that send the same, one to the direct and one to the pooled endpoint: whatever they get back must be the same. Between its
 * transactions the pooled one is moved from server to server by a neighbour.
 */
final class BothEndpoints implements AutoCloseable {
    private final RawClient direct;
    private final RawClient pooled;
    private final RawClient neighbour;
    private boolean neighbourIsBusy;

    /** @param proxy with at least two server connections to a pool */
    BothEndpoints(TestProxy proxy) throws IOException {
        direct = client(RawClient.connect(proxy.direct()));
        pooled = client(RawClient.connect(proxy.pooled()));
        neighbour = client(RawClient.connect(proxy.pooled()));
    }

    private static RawClient client(RawClient connected) throws IOException {
        var client = connected.encrypted();
        client.logIn(ProtocolVersion.V3_0, "app." + BRANCH, PASSWORD);
        return client;
    }

    static Bind bind(String portal, String statement) {
        return new Bind(portal, statement, List.of(), List.of(), List.of());
    }

    static Execute execute(String portal) {
        return new Execute(portal, 0);
    }

    /** Has the next transaction of the pooled client run on another server than the last one, where it can. */
    void move() throws IOException {
        neighbour.query(neighbourIsBusy ? "COMMIT" : "BEGIN");
        neighbourIsBusy = !neighbourIsBusy;
    }

    /** As one piece to each; gives what both have answered, up to the last ReadyForQuery owed. */
    List<String> same(FrontendMessage... messages) throws IOException {
        return same(bytes(messages), owed(messages), false);
    }

    /** Byte by byte. */
    List<String> sameInSplinters(FrontendMessage... messages) throws IOException {
        return same(bytes(messages), owed(messages), true);
    }

    private List<String> same(byte[] bytes, long readies, boolean splinters) throws IOException {
        var expected = answers(direct, bytes, readies, false);
        var actual = answers(pooled, bytes, readies, splinters);
        assertEquals(String.join("\n", expected), String.join("\n", actual));
        return expected;
    }

    private static List<String> answers(RawClient client, byte[] bytes, long readies, boolean splinters)
            throws IOException {
        if (splinters) {
            for (var each : bytes) {
                client.send(each);
            }
        } else {
            client.send(ByteBuffer.wrap(bytes));
        }
        var shown = new ArrayList<String>();
        for (var i = 0L; i < readies; ) {
            var message = client.read();
            if (!isOwnNotice(message)) {
                shown.add(shown(message));
            }
            i += message instanceof ReadyForQuery ? 1 : 0;
        }
        return shown;
    }

    /** That a client keeps its server. */
    private static boolean isOwnNotice(BackendMessage message) {
        return message instanceof NoticeResponse(var notice)
                && notice.message().startsWith("this session keeps its server connection");
    }

    private static String shown(BackendMessage message) {
        return switch (message) {
            case ErrorResponse(var error) ->
                "error %s %s %s"
                        .formatted(
                                error.code(), error.message(), error.position().orElse(""));
            case NoticeResponse(var notice) -> "notice %s %s".formatted(notice.code(), notice.message());
            default -> message.toString();
        };
    }

    private static long owed(FrontendMessage... messages) {
        return List.of(messages).stream()
                .filter(message -> message instanceof Query
                        || message instanceof FrontendMessage.Sync
                        || message instanceof FrontendMessage.FunctionCall)
                .count();
    }

    static byte[] bytes(FrontendMessage... messages) {
        var bytes = new ByteArrayOutputStream();
        for (var message : messages) {
            var encoded = FrontendCodec.encode(message);
            bytes.write(encoded.array(), encoded.arrayOffset() + encoded.position(), encoded.remaining());
        }
        return bytes.toByteArray();
    }

    @Override
    public void close() throws IOException {
        direct.close();
        pooled.close();
        neighbour.close();
    }
}
