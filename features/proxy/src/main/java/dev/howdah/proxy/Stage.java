package dev.howdah.proxy;

import dev.howdah.base.PlatformException;
import dev.howdah.proxy.io.ConnectionHandler;

/** Where a client is in its life. The stage in charge hears of the connection and does what others ask of the session. */
interface Stage extends ConnectionHandler, LiveSession.Owner {
    @Override
    default void drained() {}

    @Override
    default void cancel() {}

    @Override
    default void warn(PlatformException warning) {}
}
