// Checkout, version 1: the total of a cart, in cents.
export const handler = async (event) => {
  const total = event.cart.reduce((sum, item) => sum + item.cents * item.count, 0)
  return { version: 1, total }
}
