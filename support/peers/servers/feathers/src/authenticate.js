import { timingSafeEqual } from 'node:crypto'

import { NotAuthenticated } from '@feathersjs/errors'

const equal = (given, expected) => {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)]

  return left.length === right.length && timingSafeEqual(left, right)
}

export const authenticate = async (context, next) => {
  if (context.params.provider) {
    const [scheme, token] = (context.params.headers?.authorization ?? '').split(' ')

    if (scheme !== 'Bearer' || !equal(token ?? '', context.app.get('token'))) {
      throw new NotAuthenticated('Not authenticated')
    }
  }

  await next()
}
