package dev.howdah.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class RoundTripTest {
    static final List<Decoding> ALL = Decoding.ALL;

    @ParameterizedTest
    @FieldSource("ALL")
    void whatIsEncodedIsDecodedEqual(Decoding decoding) {
        for (var sample : decoding.samples()) {
            var value = decoding.decode().apply(sample);
            assertEquals(sample, decoding.encode().apply(value), () -> value.toString());
            assertEquals(value, decoding.decode().apply(decoding.encode().apply(value)));
        }
    }

    @Test
    void everySampleIsDecodedToItself() {
        for (var message : Samples.BACKEND) {
            var bytes = BackendCodec.encode(message);
            assertEquals(message, BackendCodec.decode(bytes.get(0), bytes.slice(5, bytes.remaining() - 5)));
        }
        for (var message : Samples.FRONTEND) {
            var bytes = FrontendCodec.encode(message);
            assertEquals(message, FrontendCodec.decode(bytes.get(0), bytes.slice(5, bytes.remaining() - 5)));
        }
        for (var message : Samples.INITIAL) {
            assertEquals(
                    message, InitialCodec.decode(InitialCodec.encode(message).position(4)));
        }
    }

    @Test
    void thereIsASampleOfEveryMessage() {
        var missing = new HashSet<Class<?>>();
        Stream.of(
                        FrontendMessage.class,
                        BackendMessage.class,
                        InitialMessage.class,
                        ReplicationMessage.class,
                        BackupItem.class)
                .flatMap(RoundTripTest::leaves)
                .forEach(missing::add);
        Stream.of(
                        Samples.FRONTEND,
                        Samples.LOGIN,
                        Samples.BACKEND,
                        Samples.INITIAL,
                        Samples.REPLICATION,
                        Samples.BACKUP)
                .flatMap(List::stream)
                .forEach(sample -> missing.remove(sample.getClass()));
        assertEquals(Set.of(), missing);
    }

    private static Stream<Class<?>> leaves(Class<?> type) {
        return type.isSealed()
                ? Arrays.stream(type.getPermittedSubclasses()).flatMap(RoundTripTest::leaves)
                : Stream.of(type);
    }

    @ParameterizedTest
    @FieldSource("ALL")
    void aByteTooManyIsRefusedWhereTheLengthIsFixed(Decoding decoding) {
        for (var sample : decoding.samples()) {
            var longer = ByteBuffer.allocate(sample.remaining() + 1)
                    .put(sample.slice())
                    .put((byte) 'x')
                    .flip();
            try {
                var value = decoding.decode().apply(longer);
                if (!(value instanceof InitialMessage.UnsupportedProtocol)) { // whose body nobody can read
                    assertEquals(longer, decoding.encode().apply(value), "a byte was dropped");
                }
            } catch (PlatformException e) {
                assertEquals(SqlState.PROTOCOL_VIOLATION, e.state());
            }
        }
    }

    @Test
    void aNulInsideATextIsNotEncoded() {
        var message = new FrontendMessage.Query("SELECT 1\0X");
        assertThrows(IllegalArgumentException.class, () -> FrontendCodec.encode(message));
    }

    @Test
    void theByteOrderOfTheGivenBufferDoesNotMatter() {
        var bytes = BackendCodec.encode(new BackendMessage.ParameterDescription(List.of(23)));
        var body = bytes.slice(5, bytes.remaining() - 5).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        assertEquals(new BackendMessage.ParameterDescription(List.of(23)), BackendCodec.decode((byte) 't', body));
    }

    @Test
    void aUserNameThatIsNotUtf8IsRefused() {
        var packet = new WireWriter().int32(3 << 16).cString("user").bytes(new byte[] {(byte) 0xE4, 0, 0});
        refused(packet.toByteBuffer(), "invalid byte sequence for encoding \"UTF8\" in startup packet");
    }

    @Test
    void anApplicationNameThatIsNotUtf8IsAccepted() {
        var packet = new WireWriter().int32(3 << 16).cString("application_name").bytes(new byte[] {(byte) 0xE4, 0, 0});
        assertEquals(
                new InitialMessage.StartupMessage(ProtocolVersion.V3_0, Map.of("application_name", "\uFFFD")),
                InitialCodec.decode(packet.toByteBuffer()));
    }

    @Test
    void aStartupPacketEndsWithItsTerminator() {
        var packet = new WireWriter().int32(3 << 16).int8(0).int8(0);
        refused(packet.toByteBuffer(), "invalid startup packet layout: expected terminator as last byte");
        refused(ByteBuffer.allocate(WireLimits.STARTUP_BYTES_MAX + 1), "invalid length of startup packet");
    }

    private static void refused(ByteBuffer packet, String message) {
        var refused = assertThrows(PlatformException.class, () -> InitialCodec.decode(packet));
        assertEquals(message, refused.message());
        assertEquals(SqlState.PROTOCOL_VIOLATION, refused.state());
    }

    @Test
    void theTagTellsHowLongABodyMayBe() {
        assertEquals(WireLimits.MESSAGE_BYTES_MAX, FrontendCodec.bodyBytesMax((byte) 'Q'));
        assertEquals(WireLimits.SMALL_MESSAGE_BYTES_MAX, FrontendCodec.bodyBytesMax((byte) 'S'));
        var refused = assertThrows(PlatformException.class, () -> FrontendCodec.bodyBytesMax((byte) '?'));
        assertEquals("invalid frontend message type 63", refused.message());
    }

    @Test
    void diagnosticTellsWhatAServerSaid() {
        var diagnostic = Diagnostic.of(Diagnostic.Severity.ERROR, "42P01", "no such table")
                .withHint("make one")
                .with('P', "15");
        assertEquals("ERROR", diagnostic.severity());
        assertEquals("42P01", diagnostic.code());
        assertEquals("make one", diagnostic.hint().orElseThrow());
        assertEquals("15", diagnostic.position().orElseThrow());
        assertFalse(diagnostic.detail().isPresent());
    }

    @Test
    void secretsAreNotPrinted() {
        var password = new FrontendMessage.PasswordMessage("secret");
        var bytes = ByteString.of("secret".getBytes(StandardCharsets.UTF_8));
        assertFalse((password + " " + bytes).contains("secret"));
    }
}
