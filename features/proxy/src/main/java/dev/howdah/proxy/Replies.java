package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.WireWriter;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** The messages that the proxy itself sends to clients, as bytes. */
final class Replies {
    private Replies() {}

    /** One behind the other, for one write. */
    static ByteBuffer of(BackendMessage... messages) {
        var writer = new WireWriter();
        for (var message : messages) {
            BackendCodec.encode(message, writer);
        }
        return writer.toByteBuffer();
    }

    /** What a client learns of its session's settings at login. */
    static ByteBuffer settings(Map<String, String> reported, String applicationName) {
        var shown = new HashMap<>(reported);
        shown.put(PooledSettings.APPLICATION_NAME, applicationName);
        return of(shown.entrySet().stream()
                .map(each -> new BackendMessage.ParameterStatus(each.getKey(), each.getValue()))
                .toArray(BackendMessage[]::new));
    }

    /** The end of a login: the key to cancel by, which is ours and not the server's, and that the client may begin. */
    static ByteBuffer welcome(LiveSession session) {
        return of(
                new BackendMessage.BackendKeyData(session.processId, session.secret),
                new BackendMessage.ReadyForQuery(BackendMessage.TransactionStatus.IDLE));
    }

    static ByteBuffer readyOutsideTransaction() {
        return of(new BackendMessage.ReadyForQuery(BackendMessage.TransactionStatus.IDLE));
    }

    static BackendMessage error(PlatformException error) {
        return new BackendMessage.ErrorResponse(Diagnostic.of(Diagnostic.Severity.ERROR, error));
    }

    static ByteBuffer fatal(PlatformException error) {
        return of(new BackendMessage.ErrorResponse(Diagnostic.of(Diagnostic.Severity.FATAL, error)));
    }

    /** What a server has said, in its own words. */
    static ByteBuffer passedOn(Diagnostic error) {
        return of(new BackendMessage.ErrorResponse(error));
    }

    /** A NOTICE with the code of a warning, which is what PostgreSQL has for news. */
    static ByteBuffer notice(String message, String hint) {
        return of(new BackendMessage.NoticeResponse(
                Diagnostic.of(Diagnostic.Severity.NOTICE, "01000", message).withHint(hint)));
    }

    static ByteBuffer warning(PlatformException error) {
        return of(new BackendMessage.NoticeResponse(Diagnostic.of(Diagnostic.Severity.WARNING, error)));
    }
}
