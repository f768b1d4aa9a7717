package com.shop;

interface Store {
    String load(int order);
}

class StoreOnDisk implements Store {
    @Override
    public String load(int order) {
        throw new PaymentError("order " + order + " is not stored");
    }
}

class Config {
    static final int LIMIT = Integer.parseInt("limit" + System.nanoTime());

    static int limit() {
        return LIMIT;
    }
}
