"""Planned work."""

from fastapi import APIRouter

router = APIRouter(prefix="/admin/maintenance")
