package dev.howdah.api;

import dev.howdah.api.model.Endpoint;
import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.control.ControlPlane;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import java.net.BindException;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/**
 * The REST API over the control plane: HTTP on a loopback address, HTTPS on any other, or it does not start. Every request runs in a virtual
 * thread of its own.
 */
public final class ApiServer implements AutoCloseable {
    /** Beyond so many open connections new ones wait in the system's own queue. */
    private static final int CONNECTIONS_MAX = 1000;

    private final Javalin javalin;
    private final Endpoint address;

    private ApiServer(Javalin javalin, Endpoint address) {
        this.javalin = javalin;
        this.address = address;
    }

    /**
     * Listens and serves.
     *
     * @param shutdown what POST /v1/shutdown sets off, once its answer is on its way; must not wait for the server to close
     * @throws PlatformException when the address cannot be had, or would carry tokens in clear to other machines
     */
    public static ApiServer start(
            ApiConfig config,
            ControlPlane control,
            Installation installation,
            Runnable shutdown,
            InstantSource clock,
            RandomGenerator random) {
        var address = new AtomicReference<>(new Endpoint(config.host(), config.port()));
        var front = new HttpFront(
                config,
                routes(control, installation, address::get, shutdown),
                (secret, from) -> control.tokens().authenticate(secret, from),
                (principal, key, hash, action) -> control.idempotency().run(principal, key, hash, action),
                clock,
                random);
        var server = start(config, front);
        address.set(server.address());
        return server;
    }

    /** Every route there is. */
    static List<Route> routes(
            ControlPlane control, Installation installation, Supplier<Endpoint> address, Runnable shutdown) {
        var reach = new Reach(control);
        return Stream.of(
                        new PlatformRoutes(control, reach, installation, address, shutdown).routes(),
                        new ProjectRoutes(control, reach).routes(),
                        new BranchRoutes(control, reach).routes(),
                        new RoleRoutes(control, reach, installation).routes(),
                        new PoolRoutes(control, reach).routes(),
                        new TokenRoutes(control, reach).routes())
                .flatMap(List::stream)
                .toList();
    }

    static ApiServer start(ApiConfig config, HttpFront front) {
        if (config.tls().isEmpty() && !config.isLoopback()) {
            throw PlatformException.invalid(
                    "the API would send tokens in clear over %s".formatted(config.host()),
                    "Listen on 127.0.0.1, or give it a certificate.");
        }
        var javalin = Javalin.create(settings -> configure(settings, config, front));
        try {
            javalin.start(config.host(), config.port());
        } catch (RuntimeException e) {
            javalin.stop();
            throw cannotListen(config, e);
        }
        return new ApiServer(javalin, new Endpoint(config.host(), javalin.port()));
    }

    /** Where it listens, with the port that was found for 0. */
    public Endpoint address() {
        return address;
    }

    @Override
    public void close() {
        javalin.stop();
    }

    private static void configure(JavalinConfig settings, ApiConfig config, HttpFront front) {
        settings.concurrency.useVirtualThreads = true;
        settings.startup.showJavalinBanner = false;
        settings.startup.startupWatcherEnabled = false;
        settings.startup.showOldJavalinVersionWarning = false;
        settings.http.prefer405over404 = true;
        settings.router.ignoreTrailingSlashes = false;
        settings.jetty.modifyHttpConfiguration(http -> {
            http.setSendServerVersion(false);
            http.setSendDateHeader(true);
        });
        settings.jetty.modifyServer(server -> {
            server.setErrorHandler(new JettyErrors());
            server.addBean(new NetworkConnectionLimit(CONNECTIONS_MAX, server));
        });
        config.tls().ifPresent(tls -> settings.jetty.addConnector((server, http) -> secure(server, http, tls, config)));
        front.register(settings);
    }

    private static ServerConnector secure(Server server, HttpConfiguration http, SSLContext tls, ApiConfig config) {
        var factory = new SslContextFactory.Server();
        factory.setSslContext(tls);
        factory.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        var secure = new HttpConfiguration(http);
        // The Host header is checked by HostGuard, which knows all names; the certificate alone may know fewer.
        secure.addCustomizer(new SecureRequestCustomizer(false));
        var connector = new ServerConnector(server, factory, new HttpConnectionFactory(secure));
        connector.setHost(config.host());
        connector.setPort(config.port());
        return connector;
    }

    private static PlatformException cannotListen(ApiConfig config, RuntimeException failure) {
        var reason = isTaken(failure) ? "it is taken" : String.valueOf(failure.getMessage());
        return new PlatformException(
                SqlState.CANNOT_CONNECT_NOW,
                "the API cannot listen on %s: %s".formatted(new Endpoint(config.host(), config.port()), reason),
                "Choose another port with --api-port.",
                failure);
    }

    private static boolean isTaken(Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                .anyMatch(cause -> cause instanceof BindException
                        || String.valueOf(cause.getMessage()).contains("in use"));
    }
}
