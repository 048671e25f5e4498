package dev.howdah.app;

import dev.howdah.proxy.EdgeCertificates;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks every ten seconds whether the certificate is to be renewed or has been replaced. */
final class CertificateRefresh implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateRefresh.class);
    private static final long EVERY_SECONDS = 10;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("certificates").daemon().factory());

    CertificateRefresh(EdgeCertificates certificates) {
        var _ = timer.scheduleWithFixedDelay(
                () -> refresh(certificates), EVERY_SECONDS, EVERY_SECONDS, TimeUnit.SECONDS);
    }

    private static void refresh(EdgeCertificates certificates) {
        try {
            switch (certificates.refresh()) {
                case EdgeCertificates.Refresh.Unchanged _ -> {}
                case EdgeCertificates.Refresh.Renewed _ -> LOG.info("the endpoints' certificate was renewed");
                case EdgeCertificates.Refresh.Kept kept ->
                    LOG.warn("the endpoints go on with their old certificate: {}", kept.reason());
            }
        } catch (RuntimeException e) { // a timer's task that throws is never run again
            LOG.error("the endpoints' certificate could not be looked at", e);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
