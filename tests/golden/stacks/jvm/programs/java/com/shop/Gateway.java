package com.shop;

import java.io.IOException;

class Gateway implements AutoCloseable {
    private final String host;

    Gateway(String host) {
        this.host = host;
    }

    void connect(int port) throws IOException {
        throw new GatewayDown(host + ":" + port + " does not answer");
    }

    void handshake(int port) throws IOException {
        throw new GatewayDown(host + ":" + port + " refused");
    }

    @Override
    public void close() {
        throw new IllegalStateException("gateway " + host + " was not open");
    }
}
