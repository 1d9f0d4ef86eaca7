# mypy: ignore-errors
# Django is installed in this peer's own environment only.
from rest_framework.routers import DefaultRouter
from users.views import UserViewSet

router = DefaultRouter(trailing_slash=False)
router.register("users", UserViewSet)

urlpatterns = router.urls
