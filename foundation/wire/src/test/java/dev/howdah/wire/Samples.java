package dev.howdah.wire;

import dev.howdah.base.Lsn;
import dev.howdah.base.SqlState;
import dev.howdah.wire.BackendMessage.Field;
import dev.howdah.wire.BackendMessage.TransactionStatus;
import dev.howdah.wire.FrontendMessage.Target;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** At least one message of every kind; {@link RoundTripTest} checks that none is missing. */
final class Samples {
    private static final ByteString BYTES = ByteString.of((byte) 0, (byte) 1, (byte) -1);
    private static final Optional<ByteString> NULL = Optional.empty();
    private static final List<Optional<ByteString>> VALUES =
            List.of(Optional.of(BYTES), NULL, Optional.of(ByteString.EMPTY));
    private static final Diagnostic DIAGNOSTIC = Diagnostic.of(
                    Diagnostic.Severity.FATAL, SqlState.INVALID_PASSWORD, "password authentication failed for \"ä\"")
            .withDetail("detail")
            .withHint("hint")
            .with('P', "12")
            .with('R', "auth_failed");
    private static final Instant TIME = Instant.parse("2026-11-20T11:12:13.123456Z");

    static final List<FrontendMessage> FRONTEND = List.of(
            new FrontendMessage.Query("SELECT 'ä€😀'"),
            new FrontendMessage.Parse("s1", "SELECT $1, $2", List.of(23, 25)),
            new FrontendMessage.Parse("", "", List.of()),
            new FrontendMessage.Bind("p", "s1", List.of(0, 1, 0), VALUES, List.of(1)),
            new FrontendMessage.Bind("", "", List.of(), List.of(), List.of()),
            new FrontendMessage.Describe(Target.STATEMENT, "s1"),
            new FrontendMessage.Describe(Target.PORTAL, ""),
            new FrontendMessage.Close(Target.STATEMENT, "s1"),
            new FrontendMessage.Close(Target.PORTAL, "p"),
            new FrontendMessage.Execute("p", 100),
            new FrontendMessage.Execute("", -1),
            new FrontendMessage.Flush(),
            new FrontendMessage.Sync(),
            new FrontendMessage.FunctionCall(1598, List.of(1), VALUES, 1),
            new FrontendMessage.CopyData(BYTES),
            new FrontendMessage.CopyData(ByteString.EMPTY),
            new FrontendMessage.CopyDone(),
            new FrontendMessage.CopyFail("no more"),
            new FrontendMessage.Terminate());

    static final List<FrontendMessage> LOGIN = List.of(
            new FrontendMessage.PasswordMessage("secret"),
            new FrontendMessage.SaslInitialResponse("SCRAM-SHA-256", Optional.of(ByteString.ofUtf8("n,,n=,r=abc"))),
            new FrontendMessage.SaslInitialResponse("SCRAM-SHA-256-PLUS", NULL),
            new FrontendMessage.SaslResponse(ByteString.ofUtf8("c=biws,r=abc,p=")),
            new FrontendMessage.GssResponse(BYTES));

    static final List<BackendMessage> BACKEND = List.of(
            new BackendMessage.AuthenticationOk(),
            new BackendMessage.AuthenticationKerberosV5(),
            new BackendMessage.AuthenticationCleartextPassword(),
            new BackendMessage.AuthenticationMd5Password(ByteString.of(new byte[] {1, 2, 3, 4})),
            new BackendMessage.AuthenticationGss(),
            new BackendMessage.AuthenticationGssContinue(BYTES),
            new BackendMessage.AuthenticationSspi(),
            new BackendMessage.AuthenticationSasl(List.of("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256")),
            new BackendMessage.AuthenticationSaslContinue(BYTES),
            new BackendMessage.AuthenticationSaslFinal(BYTES),
            new BackendMessage.BackendKeyData(4711, ByteString.of(new byte[4])),
            new BackendMessage.BackendKeyData(-1, ByteString.of(new byte[256])),
            new BackendMessage.ParameterStatus("server_version", "18.6"),
            new BackendMessage.ReadyForQuery(TransactionStatus.IDLE),
            new BackendMessage.ReadyForQuery(TransactionStatus.IN_TRANSACTION),
            new BackendMessage.ReadyForQuery(TransactionStatus.FAILED),
            new BackendMessage.RowDescription(
                    List.of(new Field("id", 1259, 1, 23, 4, -1, 0), new Field("ä", 0, 0, 25, -1, 12, 1))),
            new BackendMessage.DataRow(VALUES),
            new BackendMessage.CommandComplete("INSERT 0 1"),
            new BackendMessage.EmptyQueryResponse(),
            new BackendMessage.ErrorResponse(DIAGNOSTIC),
            new BackendMessage.NoticeResponse(new Diagnostic(Map.of())),
            new BackendMessage.NotificationResponse(12, "channel", "payload"),
            new BackendMessage.ParseComplete(),
            new BackendMessage.BindComplete(),
            new BackendMessage.CloseComplete(),
            new BackendMessage.PortalSuspended(),
            new BackendMessage.NoData(),
            new BackendMessage.ParameterDescription(List.of(23, -1)),
            new BackendMessage.CopyInResponse(0, List.of(0, 0)),
            new BackendMessage.CopyOutResponse(1, List.of(1)),
            new BackendMessage.CopyBothResponse(0, List.of()),
            new BackendMessage.CopyData(BYTES),
            new BackendMessage.CopyDone(),
            new BackendMessage.FunctionCallResponse(Optional.of(BYTES)),
            new BackendMessage.FunctionCallResponse(NULL),
            new BackendMessage.NegotiateProtocolVersion(ProtocolVersion.V3_0, List.of("_pq_.a", "_pq_.b")));

    static final List<InitialMessage> INITIAL = List.of(
            new InitialMessage.SslRequest(),
            new InitialMessage.GssEncRequest(),
            new InitialMessage.CancelRequest(4711, ByteString.of(new byte[4])),
            new InitialMessage.CancelRequest(4711, ByteString.of(new byte[256])),
            new InitialMessage.UnsupportedProtocol(new ProtocolVersion(2, 0)),
            new InitialMessage.StartupMessage(ProtocolVersion.V3_0, Map.of()),
            new InitialMessage.StartupMessage(ProtocolVersion.V3_2, startupParameters()));

    static final List<ReplicationMessage> REPLICATION = List.of(
            new ReplicationMessage.XLogData(new Lsn(1), new Lsn(-1), TIME, BYTES),
            new ReplicationMessage.PrimaryKeepalive(new Lsn(1), TIME, true),
            new ReplicationMessage.StandbyStatusUpdate(new Lsn(3), new Lsn(2), new Lsn(1), TIME, false),
            new ReplicationMessage.HotStandbyFeedback(TIME, 1, 2, 3, -4));

    static final List<BackupItem> BACKUP = List.of(
            new BackupItem.NewArchive("base.tar", ""),
            new BackupItem.NewArchive("16384.tar", "/mnt/fast"),
            new BackupItem.ManifestStart(),
            new BackupItem.Content(BYTES),
            new BackupItem.Progress(Long.MAX_VALUE));

    private Samples() {}

    private static Map<String, String> startupParameters() {
        var parameters = new LinkedHashMap<String, String>();
        parameters.put("user", "app.b7f3k2m9x1q4");
        parameters.put("database", "postgres");
        parameters.put("application_name", "ä");
        parameters.put("_pq_.future", "1");
        return parameters;
    }
}
