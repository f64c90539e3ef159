"""One room on air: joins stage and air, carries out effects, says what it observed.

The only place where the live side and the record side meet. Start at worker.py; the thread that
moves the sound is mixer.py.
"""
