package dev.howdah.bench;

import dev.howdah.base.BranchId;
import dev.howdah.base.ServerAddress;
import dev.howdah.proxy.AddressGuard;
import dev.howdah.proxy.AddressGuardConfig;
import dev.howdah.proxy.EdgeCertificates;
import dev.howdah.proxy.PoolSettings;
import dev.howdah.proxy.Proxy;
import dev.howdah.proxy.ProxyConfig;
import dev.howdah.proxy.ProxyEvents;
import dev.howdah.proxy.io.IoEngineChoice;
import dev.howdah.wire.ByteString;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.function.UnaryOperator;

/** The proxy job in front of one server. As a program of its own it says its ports and goes on until its standard input ends. */
public final class BenchProxy {
    static final BranchId BRANCH = new BranchId("abcdefghijkl");
    static final String USER = "postgres." + BRANCH;

    private BenchProxy() {}

    static Proxy start(
            ServerAddress.UnixSocket server, EdgeCertificates certificates, UnaryOperator<ProxyConfig> change) {
        var anyPort = List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        var guard = AddressGuardConfig.DEFAULT;
        var exempt = new AddressGuardConfig(
                guard.failures(), guard.window(), guard.firstBan(), guard.longestBan(), List.of("127.0.0.0/8"), 0);
        return Proxy.start(
                change.apply(ProxyConfig.DEFAULT.withDirect(anyPort).withPooled(anyPort)),
                new Proxy.Parts(
                        new OneServer(BRANCH, server),
                        certificates,
                        new AddressGuard(exempt, InstantSource.system()),
                        ByteString.ofUtf8("bench"),
                        new ProxyEvents() {},
                        InstantSource.system(),
                        new SecureRandom()));
    }

    /** What the program is told, and how it is written on its command line. */
    record Settings(ServerAddress.UnixSocket server, Path tls, int poolSize, Door door, String engine) {
        List<String> arguments() {
            return List.of(
                    server.directory().toString(),
                    Integer.toString(server.port()),
                    tls.toString(),
                    Integer.toString(poolSize),
                    door.name(),
                    engine);
        }

        static Settings of(String... arguments) {
            return new Settings(
                    new ServerAddress.UnixSocket(Path.of(arguments[0]), Integer.parseInt(arguments[1])),
                    Path.of(arguments[2]),
                    Integer.parseInt(arguments[3]),
                    Door.valueOf(arguments[4]),
                    arguments[5]);
        }

        ProxyConfig configure(ProxyConfig config) {
            var sized = config.withPool(PoolSettings.ofSize(poolSize))
                    .withIoEngine(IoEngineChoice.parse(engine)
                            .orElseThrow(() -> new IllegalArgumentException("no I/O engine is named " + engine)));
            return switch (door) {
                case OPEN -> sized.withOpenForBenchmarks();
                case SCRAM -> sized.withPlainForBenchmarks();
                case TLS -> sized;
            };
        }
    }

    public static void main(String[] arguments) throws IOException {
        var settings = Settings.of(arguments);
        try (var proxy = start(settings.server(), BenchServer.certificates(settings.tls()), settings::configure)) {
            System.out.println(proxy.pooledAddresses().getFirst().getPort());
            System.in.transferTo(System.err);
        }
        System.exit(0);
    }
}
