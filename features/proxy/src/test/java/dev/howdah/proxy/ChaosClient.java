package dev.howdah.proxy;

import dev.howdah.base.BranchId;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.BackendKeyData;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.ReadyForQuery;
import dev.howdah.wire.ByteString;
import dev.howdah.wire.FrontendCodec;
import dev.howdah.wire.FrontendMessage;
import dev.howdah.wire.FrontendMessage.Bind;
import dev.howdah.wire.FrontendMessage.Close;
import dev.howdah.wire.FrontendMessage.CopyData;
import dev.howdah.wire.FrontendMessage.CopyDone;
import dev.howdah.wire.FrontendMessage.CopyFail;
import dev.howdah.wire.FrontendMessage.Execute;
import dev.howdah.wire.FrontendMessage.Parse;
import dev.howdah.wire.FrontendMessage.Query;
import dev.howdah.wire.FrontendMessage.Sync;
import dev.howdah.wire.FrontendMessage.Target;
import dev.howdah.wire.InitialCodec;
import dev.howdah.wire.InitialMessage.CancelRequest;
import dev.howdah.wire.ProtocolVersion;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/** One client of {@link PooledChaosTest}: does something at random, and compares what it is told with its {@link ChaosModel}. */
final class ChaosClient {
    private static final String TABLE = "chaos";
    /** Session state is refused with this code while others keep as many servers as they may. */
    private static final String TOO_MANY = "53300";

    private final InetSocketAddress endpoint;
    private final BranchId branch;
    private final int number;
    private final SplittableRandom random;
    private final ChaosModel model = new ChaosModel();
    private RawClient connection;
    private BackendKeyData key;
    private String doing = "connect";
    private int turns;

    ChaosClient(InetSocketAddress endpoint, BranchId branch, int number, long seed) throws IOException {
        this.endpoint = endpoint;
        this.branch = branch;
        this.number = number;
        this.random = new SplittableRandom(seed * 1_000_003 + number);
        this.connection = RawClient.connect(endpoint);
        this.key = logIn();
    }

    int turns() {
        return turns;
    }

    Set<Integer> committed() {
        return model.committed;
    }

    Set<Integer> unsure() {
        return model.unsure;
    }

    private BackendKeyData logIn() throws IOException {
        if (number % 4 == 0) {
            connection.encrypted();
        }
        return connection.logIn(ProtocolVersion.V3_2, "app." + branch, "").stream()
                .filter(BackendKeyData.class::isInstance)
                .map(BackendKeyData.class::cast)
                .findFirst()
                .orElseThrow(() -> new AssertionError(this + " was not let in"));
    }

    private void reconnect() throws IOException {
        connection.close();
        connection = RawClient.connect(endpoint);
        key = logIn();
        model.reconnected();
    }

    void leave() throws IOException {
        connection.close();
    }

    @Override
    public String toString() {
        return "client %d, turn %d (%s)".formatted(number, turns, doing);
    }

    /** One random deed. */
    void turn() throws IOException {
        turns++;
        try {
            switch (random.nextInt(20)) {
                case 0, 1, 2 -> checkState();
                case 3 -> setOutside();
                case 4, 5, 6 -> transaction();
                case 7, 8, 9 -> named();
                case 10, 11 -> pipeline();
                case 12 -> failing();
                case 13 -> copyIn();
                case 14 -> copyOut();
                case 15 -> cancelled();
                case 16 -> pinned();
                case 17 -> hidden();
                case 18 -> resetThings();
                default -> {
                    if (random.nextInt(4) == 0) {
                        breakOff();
                    } else {
                        checkState();
                    }
                }
            }
        } catch (IOException | RuntimeException | AssertionError e) {
            throw new AssertionError(toString(), e);
        }
    }

    private void begin(String what) {
        doing = what;
    }

    private void checkState() throws IOException {
        begin("state");
        var answer = connection.query(state());
        equal(List.of(number + "/" + model.expectedState()), RawClient.rows(answer), answer);
        idle(answer);
    }

    private String state() {
        return "SELECT '%d/' || current_setting('work_mem') || '/' || coalesce(current_setting('howdah.mark', true), '') || '/' || current_setting('lock_timeout')"
                .formatted(number);
    }

    private Map<String, String> randomSettings() {
        var chosen = new HashMap<String, String>();
        switch (random.nextInt(3)) {
            case 0 -> chosen.put(ChaosModel.WORK_MEM, (1030 + number) + "kB");
            case 1 -> chosen.put(ChaosModel.MARK, "mark of " + number + " at " + turns);
            default -> chosen.put(ChaosModel.TIMEOUT, (100_001 + number) + "ms");
        }
        return chosen;
    }

    private static String setStatement(Map<String, String> settings, String scope) {
        var statements = new ArrayList<String>();
        settings.forEach((name, value) -> statements.add("SET %s%s = '%s'".formatted(scope, name, value)));
        return String.join("; ", statements);
    }

    private void setOutside() throws IOException {
        begin("set");
        var settings = randomSettings();
        var sql = random.nextInt(4) == 0
                ? "SELECT 1; " + setStatement(settings, "") + "; SELECT 2"
                : setStatement(settings, "");
        var answer = connection.query(sql);
        none(answer);
        model.set(settings);
        checkState();
    }

    private void resetThings() throws IOException {
        begin("reset");
        switch (random.nextInt(4)) {
            case 0 -> {
                none(connection.query("RESET work_mem"));
                model.reset(ChaosModel.WORK_MEM);
            }
            case 1 -> {
                none(connection.query("RESET ALL"));
                model.resetAll();
            }
            case 2 -> {
                none(connection.query("DEALLOCATE ALL"));
                model.statements.clear();
            }
            default -> {
                none(connection.query("DISCARD ALL"));
                model.resetAll();
                model.statements.clear();
            }
        }
        checkState();
    }

    private void transaction() throws IOException {
        begin("transaction");
        none(connection.query("BEGIN"));
        var rows = new HashSet<Integer>();
        var settings = new HashMap<String, String>();
        var failed = false;
        for (var steps = random.nextInt(1, 5); steps > 0 && !failed; steps--) {
            switch (random.nextInt(6)) {
                case 0, 1 -> insert(rows);
                case 2 -> {
                    var some = randomSettings();
                    none(connection.query(setStatement(some, "")));
                    settings.putAll(some);
                }
                case 3 -> none(connection.query("SET LOCAL work_mem = '9MB'"));
                case 4 -> savepoint(rows);
                default -> {
                    errorOf(connection.query("SELECT 1 / 0"), "22012");
                    failed = true;
                }
            }
        }
        var commits = random.nextInt(3) > 0;
        var answer = connection.query(commits ? "COMMIT" : "ROLLBACK");
        none(answer);
        idle(answer);
        equal(List.of(commits && !failed ? "COMMIT" : "ROLLBACK"), RawClient.tags(answer), answer);
        if (commits && !failed) {
            model.committed.addAll(rows);
            model.set(settings);
        }
        checkState();
    }

    private void insert(Set<Integer> rows) throws IOException {
        var row = model.newRow();
        none(connection.query("INSERT INTO %s VALUES (%d, %d)".formatted(TABLE, number, row)));
        rows.add(row);
    }

    private void savepoint(Set<Integer> rows) throws IOException {
        none(connection.query("SAVEPOINT s"));
        insert(new HashSet<>());
        none(connection.query("SET lock_timeout = '17s'"));
        none(connection.query("ROLLBACK TO s"));
        insert(rows);
    }

    private void named() throws IOException {
        begin("named statement");
        var name = "s" + random.nextInt(6);
        if (!model.statements.containsKey(name)) {
            // Many clients share few texts, and some have texts of their own.
            var adds = random.nextInt(3) == 0 ? 1000 + number : random.nextInt(12);
            connection.send(new Parse(name, "SELECT $1::int + %d".formatted(adds), List.of()), new Sync());
            none(connection.readUntilReady());
            model.statements.put(name, adds);
        }
        var parameter = random.nextInt(1_000_000);
        connection.send(bind(name, parameter), new Execute("", 0), new Sync());
        var answer = connection.readUntilReady();
        equal(List.of("" + (parameter + added(name))), RawClient.rows(answer), answer);
        if (random.nextInt(5) == 0) {
            connection.send(new Close(Target.STATEMENT, name), bind(name, 1), new Execute("", 0), new Sync());
            errorOf(connection.readUntilReady(), "26000");
            model.statements.remove(name);
        }
    }

    private int added(String name) {
        return Optional.ofNullable(model.statements.get(name)).orElseThrow();
    }

    private static Bind bind(String statement, int parameter) {
        return new Bind("", statement, List.of(), List.of(Optional.of(ByteString.ofUtf8("" + parameter))), List.of());
    }

    /** Several rounds in one go, with an error in the middle of one. */
    private void pipeline() throws IOException {
        begin("pipeline");
        var rounds = random.nextInt(2, 6);
        var broken = random.nextInt(rounds + 2);
        var bytes = new ArrayList<ByteBuffer>();
        for (var round = 0; round < rounds; round++) {
            var name = "p" + random.nextInt(1_000_000_000);
            add(bytes, new Parse(name, "SELECT $1::int * 2", List.of()), bind(name, round), new Execute("", 0));
            if (round == broken) {
                add(bytes, new Parse("", "SELECT 1 / 0", List.of()), bind0(), new Execute("", 0), bind(name, 7));
            }
            if (random.nextBoolean()) {
                add(bytes, new Parse("", "SELECT 'own %d'".formatted(number), List.of()), bind0(), new Execute("", 0));
            }
            add(bytes, new Close(Target.STATEMENT, name), new Sync());
        }
        sendTogether(bytes);
        for (var round = 0; round < rounds; round++) {
            var answer = connection.readUntilReady();
            idle(answer);
            equal("" + round * 2, RawClient.rows(answer).getFirst(), answer);
            if (round == broken) {
                errorOf(answer, "22012");
            } else {
                none(answer);
            }
        }
        // The names of a failed round were not closed: nothing may be left of them that disturbs.
        none(connection.query("DEALLOCATE ALL"));
        model.statements.clear();
    }

    private static Bind bind0() {
        return new Bind("", "", List.of(), List.of(), List.of());
    }

    private static void add(List<ByteBuffer> bytes, FrontendMessage... messages) {
        for (var message : messages) {
            bytes.add(FrontendCodec.encode(message));
        }
    }

    /** In pieces that have nothing to do with where messages begin. */
    private void sendTogether(List<ByteBuffer> messages) throws IOException {
        var all = ByteBuffer.allocate(
                messages.stream().mapToInt(ByteBuffer::remaining).sum());
        messages.forEach(all::put);
        all.flip();
        while (all.hasRemaining()) {
            var length = Math.min(all.remaining(), random.nextInt(1, 200));
            connection.send(all.slice(all.position(), length));
            all.position(all.position() + length);
        }
    }

    private void failing() throws IOException {
        begin("error");
        switch (random.nextInt(3)) {
            case 0 -> errorOf(connection.query("SELECT no_such_column"), "42703");
            case 1 -> errorOf(connection.query("SELECT 1; SELECT 1 / 0; SELECT 2"), "22012");
            default -> {
                connection.send(new Parse("bad", "SELEC", List.of()), new Sync());
                errorOf(connection.readUntilReady(), "42601");
            }
        }
        checkState();
    }

    private void copyIn() throws IOException {
        begin("copy in");
        connection.send(new Query("COPY %s FROM STDIN".formatted(TABLE)));
        until(BackendMessage.CopyInResponse.class);
        var rows = new HashSet<Integer>();
        for (var i = random.nextInt(1, 50); i > 0; i--) {
            var row = model.newRow();
            rows.add(row);
            connection.send(new CopyData(ByteString.ofUtf8("%d\t%d\n".formatted(number, row))));
        }
        switch (random.nextInt(4)) {
            case 0 -> {
                connection.send(new CopyFail("changed my mind"));
                errorOf(connection.readUntilReady(), "57014");
            }
            case 1 -> {
                connection.send(new CopyData(ByteString.ofUtf8("not a number\n")), new CopyDone());
                errorOf(connection.readUntilReady(), "22P02");
            }
            default -> {
                connection.send(new CopyDone());
                none(connection.readUntilReady());
                model.committed.addAll(rows);
            }
        }
        checkState();
    }

    private void copyOut() throws IOException {
        begin("copy out");
        var answer = connection.query("COPY (SELECT %d FROM generate_series(1, 500)) TO STDOUT".formatted(number));
        none(answer);
        var lines = answer.stream()
                .filter(BackendMessage.CopyData.class::isInstance)
                .map(data -> ((BackendMessage.CopyData) data).data().toUtf8())
                .toList();
        equal(500, lines.size(), answer);
        equal(Set.of(number + "\n"), Set.copyOf(lines), answer);
    }

    /** The cancel may come too late; then the query has its answer, and nobody else's has been cancelled. */
    private void cancelled() throws IOException {
        begin("cancel");
        connection.send(new Query("SELECT pg_sleep(0.0%d)".formatted(random.nextInt(1, 6))));
        try (var other = RawClient.connect(endpoint)) {
            other.send(InitialCodec.encode(new CancelRequest(key.processId(), key.key())));
        }
        var answer = connection.readUntilReady();
        idle(answer);
        RawClient.error(answer).ifPresent(_ -> errorOf(answer, "57014"));
    }

    private void pinned() throws IOException {
        begin("session state");
        var answer = connection.query("CREATE TEMP TABLE own AS SELECT %d AS n".formatted(number));
        if (RawClient.error(answer).isPresent()) {
            errorOf(answer, TOO_MANY);
            return;
        }
        var rows = connection.query("SELECT n FROM own");
        equal(List.of("" + number), RawClient.rows(rows), rows);
        checkState();
        none(connection.query("DROP TABLE own"));
        var lock = connection.query("SELECT pg_advisory_lock(%d), 1".formatted(number));
        if (RawClient.error(lock).isPresent()) {
            errorOf(lock, TOO_MANY);
            return;
        }
        var unlock = connection.query("SELECT pg_advisory_unlock(%d)".formatted(number));
        equal(List.of("t"), RawClient.rows(unlock), unlock);
    }

    /** A function leaves something in the session that its call does not show; the guard sees to it that nobody else meets it. */
    private void hidden() throws IOException {
        begin("hidden state");
        none(connection.query("SELECT chaos_hidden(%d)".formatted(number)));
        none(connection.query("DISCARD ALL"));
        model.resetAll();
        model.statements.clear();
        checkState();
    }

    /** Goes without a word, in the middle of something. What was not committed is gone; a commit under way may have happened. */
    private void breakOff() throws IOException {
        begin("break off");
        switch (random.nextInt(6)) {
            case 0 -> sendHalf(new Query("SELECT 'half of a message that never ends'"));
            case 1 -> {
                none(connection.query("BEGIN"));
                insert(new HashSet<>());
            }
            case 2 -> {
                connection.send(new Query("COPY %s FROM STDIN".formatted(TABLE)));
                until(BackendMessage.CopyInResponse.class);
                connection.send(new CopyData(ByteString.ofUtf8("%d\t%d\n".formatted(number, model.newRow()))));
                sendHalf(new CopyData(ByteString.ofUtf8("%d\t%d\n".formatted(number, model.newRow()))));
            }
            case 3 -> {
                var row = model.newRow();
                model.unsure.add(row);
                connection.send(new Query("INSERT INTO %s VALUES (%d, %d)".formatted(TABLE, number, row)));
            }
            case 4 -> connection.send(new Query("SELECT repeat('x', 1000) FROM generate_series(1, 20000)"));
            default -> connection.send(new Parse("x", "SELECT pg_sleep(0.05)", List.of()), bind("x", 1));
        }
        reconnect();
        checkState();
    }

    private void sendHalf(FrontendMessage message) throws IOException {
        var bytes = FrontendCodec.encode(message);
        connection.send(bytes.slice(0, random.nextInt(1, bytes.remaining())));
    }

    private void until(Class<? extends BackendMessage> wanted) throws IOException {
        var message = connection.read();
        while (!wanted.isInstance(message)) {
            if (message instanceof ErrorResponse error) {
                throw new AssertionError(error.diagnostic().toString());
            }
            message = connection.read();
        }
    }

    private static void none(List<BackendMessage> answer) {
        RawClient.error(answer).ifPresent(error -> {
            throw new AssertionError(error.diagnostic().toString());
        });
    }

    private static void errorOf(List<BackendMessage> answer, String code) {
        var found = RawClient.error(answer).map(error -> error.diagnostic().code());
        if (!found.equals(Optional.of(code))) {
            throw new AssertionError("expected the error %s and got %s".formatted(code, answer));
        }
    }

    private static void idle(List<BackendMessage> answer) {
        if (!(answer.getLast() instanceof ReadyForQuery ready)
                || ready.status() != BackendMessage.TransactionStatus.IDLE) {
            throw new AssertionError("not idle: " + answer);
        }
    }

    private static void equal(Object expected, Object found, List<BackendMessage> answer) {
        if (!expected.equals(found)) {
            throw new AssertionError("expected %s and got %s in %s".formatted(expected, found, answer));
        }
    }
}
