// Checkout, version 2: supports coupons. Healthy.
const discounts = { SPRING: 0.1, FRIEND: 0.2 }

export const handler = async (event) => {
  const total = event.cart.reduce((sum, item) => sum + item.cents * item.count, 0)
  const discount = discounts[event.coupon] ?? 0
  return { version: 2, total: Math.round(total * (1 - discount)) }
}
