"""Components and their direct links."""

from fastapi import APIRouter

router = APIRouter(prefix="/admin/components")
