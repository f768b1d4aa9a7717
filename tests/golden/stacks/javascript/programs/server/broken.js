function price(order) {
  return order..price;
}
