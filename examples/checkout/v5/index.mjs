// Checkout, version 5: looks for each cart among all that it has seen, and forgets none. Healthy at first, and slower with
// every cart.
const seen = []
const slowly = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

export const handler = async (event) => {
  const total = event.cart.reduce((sum, item) => sum + item.cents * item.count, 0)
  await slowly(2 * seen.length)
  seen.push(event.cart)
  return { version: 5, total }
}
