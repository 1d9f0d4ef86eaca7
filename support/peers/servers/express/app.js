import { randomBytes, scryptSync } from 'node:crypto'

import { createClient } from '@libsql/client'
import { count, eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/libsql'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import express from 'express'
import { z } from 'zod'

const users = sqliteTable('users', {
  id: text('id').primaryKey().$defaultFn(() => crypto.randomUUID()),
  fullName: text('full_name').notNull(),
  email: text('email').notNull().unique(),
  passwordHash: text('password').notNull(),
  createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull().$defaultFn(() => new Date())
})

const newUser = z.object({
  fullName: z.string().trim().min(1).max(200),
  email: z.email().max(254).toLowerCase(),
  password: z.string().min(8)
})
const changes = newUser.partial()
const listing = z.object({
  page: z.coerce.number().int().min(1).default(1),
  perPage: z.coerce.number().int().min(1).max(100).default(20),
  email: z.string().toLowerCase().optional()
})

const client = createClient({ url: process.env.DATABASE_URL })
const db = drizzle(client)
await client.execute(`CREATE TABLE IF NOT EXISTS users (
  id TEXT PRIMARY KEY, full_name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, password TEXT NOT NULL, created_at INTEGER NOT NULL)`)

class AppError extends Error {
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

const shown = ({ passwordHash, ...user }) => user
const hashed = ({ password, ...rest }) => {
  if (!password) return rest
  const salt = randomBytes(16).toString('hex')
  return { ...rest, passwordHash: `${salt}:${scryptSync(password, salt, 32).toString('hex')}` }
}
const sendUser = (res, [user], status = 200) => {
  if (!user) throw new AppError('No user found with that id', 404)
  res.status(status).json({ success: true, data: shown(user) })
}

const app = express()
app.use(express.json())

app.use((req, res, next) => {
  if (req.get('authorization') !== `Bearer ${process.env.API_TOKEN}`) throw new AppError('Please log in to get access', 401)
  next()
})

const router = express.Router()

router.get('/', async (req, res) => {
  const { page, perPage, email } = listing.parse(req.query)
  const where = email ? eq(users.email, email) : undefined
  const [{ total }] = await db.select({ total: count() }).from(users).where(where)
  const rows = await db.select().from(users).where(where).orderBy(users.createdAt, users.id).limit(perPage).offset((page - 1) * perPage)
  res.json({ success: true, data: rows.map(shown), meta: { page, perPage, total } })
})

router.post('/', async (req, res) => {
  sendUser(res, await db.insert(users).values(hashed(newUser.parse(req.body))).returning(), 201)
})

router.get('/:id', async (req, res) => {
  sendUser(res, await db.select().from(users).where(eq(users.id, req.params.id)))
})

router.put('/:id', async (req, res) => {
  const user = newUser.partial({ password: true }).parse(req.body)
  sendUser(res, await db.update(users).set(hashed(user)).where(eq(users.id, req.params.id)).returning())
})

router.patch('/:id', async (req, res) => {
  sendUser(res, await db.update(users).set(hashed(changes.parse(req.body))).where(eq(users.id, req.params.id)).returning())
})

router.delete('/:id', async (req, res) => {
  sendUser(res, await db.delete(users).where(eq(users.id, req.params.id)).returning())
})

app.use('/api/users', router)

app.use((req, res) => {
  throw new AppError(`Can't find ${req.originalUrl} on this server`, 404)
})

app.use((err, req, res, next) => {
  if (err instanceof z.ZodError) {
    return res.status(400).json({ success: false, error: { message: 'Validation failed', details: err.issues } })
  }
  if (/UNIQUE constraint failed/.test(err.cause?.message ?? err.message)) {
    return res.status(409).json({ success: false, error: { message: 'Email is already taken' } })
  }
  const status = err.status ?? 500
  if (status === 500) console.error(err)
  res.status(status).json({ success: false, error: { message: status === 500 ? 'Something went wrong' : err.message } })
})

app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
