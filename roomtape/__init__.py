"""Roomtape: a self-hosted meeting recorder that speaks the RealtimeKit API."""
