package dev.howdah.wire;

import dev.howdah.wire.FrontendMessage.LoginStep;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One way from bytes to a value and back, so that the same tests can walk all of them. The first byte is the tag where there is one. */
record Decoding(
        String name,
        Function<ByteBuffer, Object> decode,
        Function<Object, ByteBuffer> encode,
        List<ByteBuffer> samples) {
    static final List<Decoding> ALL = Stream.concat(
                    Stream.of(
                            of(
                                    "frontend",
                                    Decoding::frontend,
                                    FrontendMessage.class,
                                    Decoding::unframed,
                                    Samples.FRONTEND),
                            of("backend", Decoding::backend, BackendMessage.class, Decoding::unframed, Samples.BACKEND),
                            of(
                                    "initial",
                                    InitialCodec::decode,
                                    InitialMessage.class,
                                    Decoding::unframed,
                                    Samples.INITIAL),
                            of(
                                    "from server",
                                    ReplicationCodec::decodeFromServer,
                                    ReplicationMessage.class,
                                    m -> ReplicationCodec.encode(m).toByteBuffer(),
                                    fromServer()),
                            of(
                                    "from standby",
                                    ReplicationCodec::decodeFromStandby,
                                    ReplicationMessage.class,
                                    m -> ReplicationCodec.encode(m).toByteBuffer(),
                                    fromStandby()),
                            of(
                                    "backup",
                                    BackupItemCodec::decode,
                                    BackupItem.class,
                                    m -> BackupItemCodec.encode(m).toByteBuffer(),
                                    Samples.BACKUP)),
                    Stream.of(LoginStep.values()).map(Decoding::login))
            .toList();

    private static Decoding login(LoginStep step) {
        Function<ByteBuffer, FrontendMessage> decode =
                bytes -> FrontendCodec.decodeLogin(step, bytes.get(0), bytes.slice(1, bytes.remaining() - 1));
        var samples = Samples.LOGIN.stream()
                .filter(message -> stepOf(message) == step)
                .collect(Collectors.toList());
        return of("login " + step, decode, FrontendMessage.class, Decoding::unframed, samples);
    }

    private static LoginStep stepOf(FrontendMessage message) {
        return switch (message) {
            case FrontendMessage.PasswordMessage _ -> LoginStep.PASSWORD;
            case FrontendMessage.SaslInitialResponse _ -> LoginStep.SASL_INITIAL;
            case FrontendMessage.SaslResponse _ -> LoginStep.SASL;
            default -> LoginStep.GSS;
        };
    }

    private static <T> Decoding of(
            String name,
            Function<ByteBuffer, ? extends T> decode,
            Class<T> type,
            Function<T, ByteBuffer> encode,
            List<? extends T> samples) {
        return new Decoding(
                name,
                decode::apply,
                value -> encode.apply(type.cast(value)),
                samples.stream().map(each -> encode.apply(type.cast(each))).toList());
    }

    private static FrontendMessage frontend(ByteBuffer bytes) {
        return FrontendCodec.decode(bytes.get(0), bytes.slice(1, bytes.remaining() - 1));
    }

    private static BackendMessage backend(ByteBuffer bytes) {
        return BackendCodec.decode(bytes.get(0), bytes.slice(1, bytes.remaining() - 1));
    }

    private static List<ReplicationMessage> fromServer() {
        return Samples.REPLICATION.stream()
                .filter(ReplicationMessage.FromServer.class::isInstance)
                .toList();
    }

    private static List<ReplicationMessage> fromStandby() {
        return Samples.REPLICATION.stream()
                .filter(ReplicationMessage.FromStandby.class::isInstance)
                .toList();
    }

    /** Tag and body without the length, which the frame's reader has already used up. */
    private static ByteBuffer unframed(FrontendMessage message) {
        return withoutLength(FrontendCodec.encode(message));
    }

    private static ByteBuffer unframed(BackendMessage message) {
        return withoutLength(BackendCodec.encode(message));
    }

    private static ByteBuffer unframed(InitialMessage message) {
        var packet = InitialCodec.encode(message);
        if (packet.getInt(0) != packet.remaining()) {
            throw new AssertionError("wrong length in the packet of " + message);
        }
        return packet.slice(4, packet.remaining() - 4);
    }

    private static ByteBuffer withoutLength(ByteBuffer message) {
        if (message.getInt(1) != message.remaining() - 1) {
            throw new AssertionError("wrong length in a message with tag " + (char) message.get(0));
        }
        var result = ByteBuffer.allocate(message.remaining() - 4);
        return result.put(message.get(0))
                .put(message.slice(5, message.remaining() - 5))
                .flip();
    }

    @Override
    public String toString() {
        return name;
    }
}
