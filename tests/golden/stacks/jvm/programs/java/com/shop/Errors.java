package com.shop;

class PaymentError extends RuntimeException {
    PaymentError(String message) {
        super(message);
    }

    PaymentError(String message, Throwable cause) {
        super(message, cause);
    }
}

class StockError extends Exception {
    StockError(String message) {
        super(message);
    }
}

class GatewayDown extends java.io.IOException {
    GatewayDown(String message) {
        super(message);
    }
}

class QuietError extends RuntimeException {
    QuietError(String message) {
        super(message, null, false, false);
    }
}
