export const logError = async (context, next) => {
  try {
    await next()
  } catch (error) {
    console.error(error.stack)
    throw error
  }
}
