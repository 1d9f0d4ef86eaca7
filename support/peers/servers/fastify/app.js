import bearerAuth from '@fastify/bearer-auth'
import postgres from '@fastify/postgres'
import Fastify from 'fastify'

const UNIQUE_VIOLATION = '23505'

const user = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    name: { type: 'string' },
    email: { type: 'string' },
    created_at: { type: 'string', format: 'date-time' }
  }
}
const params = { type: 'object', properties: { id: { type: 'string', format: 'uuid' } } }
const fields = {
  name: { type: 'string', minLength: 1, maxLength: 200, pattern: '\\S' },
  email: { type: 'string', format: 'email', maxLength: 254 }
}
const body = { type: 'object', required: ['name', 'email'], properties: fields }
const changes = { type: 'object', properties: fields, minProperties: 1 }
const listing = {
  querystring: {
    type: 'object',
    properties: {
      cursor: { type: 'string' },
      limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
      email: { type: 'string' }
    }
  },
  response: {
    200: {
      type: 'object',
      properties: {
        users: { type: 'array', items: user },
        next_cursor: { type: ['string', 'null'] }
      }
    }
  }
}

const encode = (row) => Buffer.from(JSON.stringify([row.created_at, row.id])).toString('base64url')
const decode = (cursor) => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw Object.assign(new Error('Invalid cursor'), { statusCode: 400 })
  }
}

const app = Fastify({ logger: { level: 'warn' } })

await app.register(postgres, { connectionString: process.env.DATABASE_URL, max: 10 })
await app.register(bearerAuth, { keys: [process.env.API_TOKEN] })
await app.pg.query(`
  CREATE TABLE IF NOT EXISTS users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    email text NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT now()
  );
  CREATE UNIQUE INDEX IF NOT EXISTS users_email ON users (lower(email))`)

app.setErrorHandler((error, request, reply) => {
  if (error.code === UNIQUE_VIOLATION) {
    return reply.code(409).send({ statusCode: 409, error: 'Conflict', message: 'Email is already in use' })
  }
  reply.send(error)
})

const found = (reply, rows) =>
  rows[0] ?? reply.code(404).send({ statusCode: 404, error: 'Not Found', message: 'User not found' })

app.get('/users', { schema: listing }, async (request) => {
  const { cursor, limit, email } = request.query
  const [after, id] = cursor ? decode(cursor) : [null, null]
  const { rows } = await app.pg.query(
    `SELECT * FROM users
     WHERE ($1::text IS NULL OR lower(email) = lower($1))
       AND ($2::timestamptz IS NULL OR (created_at, id) > ($2, $3::uuid))
     ORDER BY created_at, id LIMIT $4`,
    [email ?? null, after, id, limit + 1]
  )
  const users = rows.slice(0, limit)
  return { users, next_cursor: rows.length > limit ? encode(users.at(-1)) : null }
})

app.post('/users', { schema: { body, response: { 201: user } } }, async (request, reply) => {
  const { name, email } = request.body
  const { rows } = await app.pg.query('INSERT INTO users (name, email) VALUES ($1, $2) RETURNING *', [name, email])
  return reply.code(201).header('location', `/users/${rows[0].id}`).send(rows[0])
})

app.get('/users/:id', { schema: { params, response: { 200: user } } }, async (request, reply) => {
  const { rows } = await app.pg.query('SELECT * FROM users WHERE id = $1', [request.params.id])
  return found(reply, rows)
})

app.patch('/users/:id', { schema: { params, body: changes, response: { 200: user } } }, async (request, reply) => {
  const { name, email } = request.body
  const { rows } = await app.pg.query(
    'UPDATE users SET name = coalesce($2, name), email = coalesce($3, email) WHERE id = $1 RETURNING *',
    [request.params.id, name, email]
  )
  return found(reply, rows)
})

app.delete('/users/:id', { schema: { params } }, async (request, reply) => {
  const { rows } = await app.pg.query('DELETE FROM users WHERE id = $1 RETURNING id', [request.params.id])
  return rows.length ? reply.code(204).send() : found(reply, rows)
})

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) })
