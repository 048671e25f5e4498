package dev.howdah.app;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/** Lets pgjdbc come from another loopback address, which pgjdbc gives as {@code socketFactoryArg}: a client of its own to the proxy. */
public final class BoundSocketFactory extends SocketFactory {
    private final InetAddress from;

    public BoundSocketFactory(String from) {
        this.from = InetAddress.ofLiteral(from);
    }

    @Override
    public Socket createSocket() throws IOException {
        var socket = new Socket();
        socket.bind(new InetSocketAddress(from, 0));
        return socket;
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return createSocket(InetAddress.getByName(host), port);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
        return createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        var socket = createSocket();
        socket.connect(new InetSocketAddress(host, port));
        return socket;
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
        return createSocket(host, port);
    }
}
