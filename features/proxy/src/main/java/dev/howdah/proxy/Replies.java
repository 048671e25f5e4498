package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.wire.BackendCodec;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.Diagnostic;
import dev.howdah.wire.WireWriter;
import java.nio.ByteBuffer;

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

    static BackendMessage error(PlatformException error) {
        return new BackendMessage.ErrorResponse(Diagnostic.of(Diagnostic.Severity.ERROR, error));
    }

    static ByteBuffer fatal(PlatformException error) {
        return of(new BackendMessage.ErrorResponse(Diagnostic.of(Diagnostic.Severity.FATAL, error)));
    }

    static ByteBuffer warning(PlatformException error) {
        return of(new BackendMessage.NoticeResponse(Diagnostic.of(Diagnostic.Severity.WARNING, error)));
    }
}
